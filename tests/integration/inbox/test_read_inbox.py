import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest

from builders import Exchange
from concordat_events.delivery import InboxPage
from integration.inbox.api import AGREEMENT, Api, until

SEQS = range(1, 6)


def seqs_of(page: dict[str, Any]) -> list[int]:
    return [item["seq"] for item in page["items"]]


async def page_of(api: Api, path: str = "/v1/inbox", agency: str = "social-care") -> dict[str, Any]:
    response = await api.get(agency, path)
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json()
    return page


async def test_a_page_is_what_the_contract_says(api: Api) -> None:
    await api.deliver("social-care", *SEQS)
    response = await api.get("social-care", "/v1/inbox")
    page = InboxPage.model_validate_json(response.content)
    assert page.agency == "social-care"
    assert [item.seq for item in page.items] == list(SEQS)
    assert page.items[2].delivery.data == {"category": "number-3"}
    assert not page.items[2].acknowledged
    assert page.stopped == []
    assert response.headers["link"] == f'<{page.links.next}>; rel="next"'
    assert response.headers["cache-control"] == "no-store"


async def test_the_link_of_each_page_leads_through_the_inbox_once(api: Api) -> None:
    await api.deliver("social-care", *SEQS)
    path, seen = "/v1/inbox?limit=2", []
    for _ in range(4):
        page = await page_of(api, path)
        seen.append(seqs_of(page))
        path = page["links"]["next"]
    assert seen == [[1, 2], [3, 4], [5], []]
    await api.deliver("social-care", 6)
    assert seqs_of(await page_of(api, path)) == [6]


async def test_reading_begins_at_the_oldest_unacknowledged_item(api: Api) -> None:
    await api.deliver("social-care", *SEQS)
    await api.acknowledge("social-care", 1, 2, 4)
    assert seqs_of(await page_of(api)) == [3, 5]
    page = await page_of(api, "/v1/inbox?all=true")
    assert seqs_of(page) == list(SEQS)
    assert [item["acknowledged"] for item in page["items"]] == [True, True, False, True, False]
    assert "all=true" in page["links"]["next"]


async def test_an_item_is_marked_collected_the_first_time_it_is_returned(api: Api) -> None:
    await api.deliver("social-care", *SEQS)
    await page_of(api, "/v1/inbox?limit=2")
    first = await api.column("social-care", "collected_at")
    assert [seq for seq, moment in first.items() if moment] == [1, 2]
    await page_of(api)
    second = await api.column("social-care", "collected_at")
    assert all(second.values())
    assert second[1] == first[1]


async def test_a_page_ends_before_it_grows_too_large(api: Api) -> None:
    body = '{"pad":"' + "x" * 3_000_000 + '"}'
    await api.deliver("social-care", *SEQS, body=body)
    page = await page_of(api)
    assert seqs_of(page) == [1, 2, 3]
    assert seqs_of(await page_of(api, page["links"]["next"])) == [4, 5]


async def test_a_withdrawn_agreement_stops_its_items(api: Api) -> None:
    await api.deliver("social-care", 1, 2)
    await api.deliver("womens-aid", 1)
    api.exchange.notify(AGREEMENT, "council", "withdraw")
    response = await api.get("social-care", "/v1/inbox")
    page = InboxPage.model_validate_json(response.content)
    assert page.items == []
    assert [stub.seq for stub in page.stopped] == [1, 2]
    assert {stub.reason for stub in page.stopped} == {"WITHDRAWN"}
    assert "withdrawn" in page.stopped[0].because
    assert "number-1" not in response.text
    assert not any((await api.column("social-care", "collected_at")).values())
    after = await page_of(api, page.links.next)
    assert (after["items"], after["stopped"]) == ([], [])
    assert seqs_of(await page_of(api, agency="womens-aid")) == [1]


async def test_items_of_a_version_that_is_retired_are_stopped(api: Api) -> None:
    await api.deliver("social-care", 1)
    await api.deliver("social-care", 2, version=2)
    page = await page_of(api)
    assert seqs_of(page) == [1]
    assert [stub["reason"] for stub in page["stopped"]] == ["SUPERSEDED"]
    collected = await api.column("social-care", "collected_at")
    assert [seq for seq, moment in collected.items() if moment] == [1]


@pytest.mark.parametrize("path", ["/v1/inbox", "/v1/inbox/1"])
async def test_what_has_ended_stays_so_when_the_clock_is_moved_back(api: Api, path: str) -> None:
    await api.deliver("social-care", 1)
    await api.run("UPDATE concordat.delivery SET keep_until = current_date - 1")
    api.machine.behind = timedelta(days=2)
    response = await api.get("social-care", path)
    assert response.status_code == 503
    assert "clock" in response.json()["detail"]
    assert await api.column("social-care", "collected_at") == {1: None}
    ready = await api.call(None, "GET", "/health/ready")
    assert (ready.status_code, ready.json()["errors"][0]["code"]) == (503, "CLOCK")
    api.machine.behind = timedelta(seconds=0.5)
    assert (await api.get("social-care", path)).status_code in (200, 410)


async def reads_of_one_request(api: Api, path: str) -> int:
    before = api.feed.reads
    await api.get("social-care", path)
    return api.feed.reads - before


@pytest.mark.parametrize("path", ["/v1/inbox", "/v1/inbox/1"])
async def test_an_item_withdrawn_at_any_moment_before_the_answer_is_not_returned(
    api: Api, path: str
) -> None:
    await api.deliver("social-care", 1)
    reads = await reads_of_one_request(api, path)
    assert reads == 3  # who calls, what is collected, what is returned
    last = api.feed.reads + reads

    def withdraw_before_the_last(count: int) -> None:
        if count == last:
            api.exchange.notify(AGREEMENT, "council", "withdraw")

    api.feed.before_book = withdraw_before_the_last
    response = await api.get("social-care", path)
    assert api.feed.reads == last
    assert "WITHDRAWN" in response.text
    assert "number-1" not in response.text


@pytest.mark.parametrize("path", ["/v1/inbox", "/v1/inbox/1"])
async def test_what_is_returned_is_always_marked_collected_also_when_it_may_be_read_only_just_now(
    api: Api, path: str
) -> None:
    await api.deliver("social-care", 1)
    in_force, api.feed.exchange = api.exchange, Exchange()

    def come_into_force(count: int) -> None:
        if count == 3:
            api.feed.exchange = in_force

    api.feed.before_book = come_into_force
    response = await api.get("social-care", path)
    collected = await api.column("social-care", "collected_at")
    assert ("number-1" in response.text) == bool(collected[1])
    assert "number-1" in (await api.get("social-care", path)).text


@pytest.mark.parametrize("path", ["/v1/inbox", "/v1/inbox/1"])
@pytest.mark.parametrize("read", [1, 2, 3])
async def test_nothing_is_returned_under_a_book_that_became_too_old_at_any_moment(
    api: Api, path: str, read: int
) -> None:
    await api.deliver("social-care", 1)

    def grow_old(count: int) -> None:
        api.feed.seconds_old = 0.76 if count >= read else 0.75

    api.feed.before_book = grow_old
    response = await api.get("social-care", path)
    assert response.status_code == 503
    assert response.headers["retry-after"] == "2"
    assert "number-1" not in response.text


async def test_an_item_withdrawn_while_its_reader_waits_is_not_returned(api: Api) -> None:
    waiting = asyncio.create_task(api.get("social-care", "/v1/inbox?wait=20"))
    await until_waiting(api, "social-care")
    api.exchange.notify(AGREEMENT, "council", "withdraw")
    await api.deliver("social-care", 1)
    response = await waiting
    assert response.json()["items"] == []
    assert [stub["seq"] for stub in response.json()["stopped"]] == [1]


async def until_waiting(api: Api, agency: str) -> None:
    """Return once a request has looked into an empty inbox and waits."""
    await until(lambda: api.arrivals.connected)
    looked = api.feed.reads + 2  # who calls, what is collected
    await until(lambda: api.feed.reads >= looked and agency in api.arrivals._events)


async def test_a_waiting_reader_is_answered_when_something_arrives(api: Api) -> None:
    waiting = asyncio.create_task(api.get("social-care", "/v1/inbox?wait=20"))
    other = asyncio.create_task(api.get("womens-aid", "/v1/inbox?wait=1"))
    await until_waiting(api, "social-care")
    await api.deliver("social-care", 1)
    assert seqs_of((await waiting).json()) == [1]
    assert (await other).json()["items"] == []


async def test_a_waiting_reader_sees_what_was_not_announced(api: Api) -> None:
    waiting = asyncio.create_task(api.get("social-care", "/v1/inbox?wait=20"))
    await until_waiting(api, "social-care")
    insert = """INSERT INTO concordat.delivery (agency, seq, id, source, event_id, publisher,
        subject, event_type, agreement, version, law, shares, body, register_offset)
        VALUES ('social-care', 1, 'a', '//police', 'event-0001', 'police', 'case-0001', 't',
        'test-agreement', 1, 'l', 's', '{}', 0)"""
    await api.run(insert)
    inserted = time.monotonic()
    assert seqs_of((await waiting).json()) == [1]
    assert time.monotonic() - inserted < 10


async def test_a_reader_waits_no_longer_than_it_asked(api: Api) -> None:
    started = time.monotonic()
    page = await page_of(api, "/v1/inbox?wait=1")
    assert page["items"] == []
    assert 0.9 < time.monotonic() - started < 5
    assert "wait=1" in page["links"]["next"]


async def test_waiting_readers_are_answered_when_the_process_stops(api: Api) -> None:
    waiting = asyncio.create_task(api.get("social-care", "/v1/inbox?wait=30"))
    await until_waiting(api, "social-care")
    api.arrivals.close()
    assert (await waiting).json()["items"] == []


async def test_a_cursor_from_before_a_restore_is_noticed(api: Api) -> None:
    await api.deliver("social-care", *SEQS)
    cursor = (await page_of(api, "/v1/inbox?limit=3"))["cursor"]
    await api.run("UPDATE concordat.exchange SET generation = 'restored'")
    response = await api.get("social-care", f"/v1/inbox?after={cursor}")
    assert response.status_code == 409
    assert "without `after`" in response.json()["detail"]
    assert seqs_of(await page_of(api)) == list(SEQS)


@pytest.mark.parametrize(
    "query",
    [
        "after=Zebedee",
        "after=" + "Z" * 300,
        "after=",
        "limit=0",
        "limit=501",
        "limit=Zebedee",
        "wait=31",
        "wait=-1",
        "all=Zebedee",
        "Zebedee=1",
        "agency=womens-aid",
    ],
)
async def test_a_wrong_query_is_refused_and_not_repeated(api: Api, query: str) -> None:
    response = await api.get("social-care", f"/v1/inbox?{query}")
    assert response.status_code == 422
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["errors"][0]["path"].split(".")[0] == "query"
    assert "Zebedee" not in response.text
    assert "ZZZ" not in response.text
    assert "womens" not in response.text


async def test_the_largest_numbers_are_read(api: Api) -> None:
    await api.deliver("social-care", 2**63 - 1)
    page = await page_of(api)
    assert seqs_of(page) == [2**63 - 1]
    assert seqs_of(await page_of(api, page["links"]["next"])) == []
