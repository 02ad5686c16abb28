"""Numbers that their items have left: stubs that say why, in their place, for their agency only."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from builders import Exchange
from concordat.agreements.reason import Reason
from concordat_events.delivery import InboxItem, InboxPage
from integration.inbox.api import AGREEMENT, Api
from integration.inbox.test_event_status import SHARED, WITHHELD

RELEASED = {"reason": "RELEASED", "because": Reason.RELEASED.sentence}
AT = datetime(2026, 11, 23, 12, tzinfo=UTC)


async def page_of(api: Api, path: str = "/v1/inbox") -> dict[str, Any]:
    response = await api.get("social-care", path)
    assert response.status_code == 200, response.text
    page: dict[str, Any] = response.json()
    return page


def numbers(page: dict[str, Any]) -> tuple[list[int], list[int]]:
    return [each["seq"] for each in page["items"]], [each["seq"] for each in page["stopped"]]


async def moved(api: Api) -> None:
    """Of five items, the second was released and the fourth decided again."""
    await api.deliver("social-care", 1, 2, 3, 4, 5)
    await api.move("social-care", 2, 6)
    await api.move("social-care", 4, 7, reason="DECIDED_AGAIN")


async def test_a_page_shows_stubs_in_order_with_where_the_item_is_now(api: Api) -> None:
    await moved(api)
    page = await page_of(api)
    assert InboxPage.model_validate(page).stopped[0].moved_to == 6
    assert [(each["seq"], each.get("arrived")) for each in page["items"]] == [
        (1, None),
        (3, None),
        (5, None),
        (6, "released"),
        (7, "replayed"),
    ]
    assert "arrived" not in page["items"][0]
    assert page["items"][3]["delivery"]["data"] == {"category": "number-2"}
    again = {"reason": "DECIDED_AGAIN", "because": Reason.DECIDED_AGAIN.sentence}
    assert page["stopped"] == [
        {"seq": 2, **RELEASED, "moved_to": 6},
        {"seq": 4, **again, "moved_to": 7},
    ]


async def test_pages_hold_items_and_stubs_up_to_their_limit_and_lose_none(api: Api) -> None:
    await moved(api)
    path, seen = "/v1/inbox?limit=2", []
    for _ in range(5):
        page = await page_of(api, path)
        seen.append(numbers(page))
        path = page["links"]["next"]
    assert seen == [([1], [2]), ([3], [4]), ([5, 6], []), ([7], []), ([], [])]


async def test_a_page_of_stubs_alone_goes_on(api: Api) -> None:
    await api.deliver("social-care", 1, 2, 3)
    for seq in (1, 2, 3):
        await api.move("social-care", seq, seq + 3)
    page = await page_of(api, "/v1/inbox?limit=3&wait=10")
    assert numbers(page) == ([], [1, 2, 3])
    assert numbers(await page_of(api, page["links"]["next"])) == ([4, 5, 6], [])


async def test_a_page_still_ends_before_it_grows_too_large(api: Api) -> None:
    await api.deliver("social-care", 1, 2, 3, 4, body='{"pad":"' + "x" * 3_000_000 + '"}')
    await api.move("social-care", 1, 5)
    assert numbers(await page_of(api)) == ([2, 3, 4], [1])


async def test_a_reader_behind_a_held_item_meets_it_again(api: Api) -> None:
    await api.deliver("social-care", 1, 2)
    api.exchange.notify(AGREEMENT, "council", "suspend")
    page = await page_of(api)
    assert numbers(page) == ([], [1, 2])
    api.feed.exchange = Exchange()
    api.exchange.add(AGREEMENT)
    assert numbers(await page_of(api, page["links"]["next"])) == ([], [])
    await api.move("social-care", 1, 3)
    assert numbers(await page_of(api, page["links"]["next"])) == ([3], [])


async def test_a_number_that_was_left_is_410_and_says_where_the_item_is(api: Api) -> None:
    await moved(api)
    response = await api.get("social-care", "/v1/inbox/2")
    assert response.status_code == 410
    problem = response.json()
    assert [error["code"] for error in problem["errors"]] == ["RELEASED"]
    assert problem["errors"][0]["message"] == Reason.RELEASED.sentence
    assert problem["detail"] == "This item has come again as number 6."
    assert response.headers["link"] == '</v1/inbox/6>; rel="successor-version"'
    assert "number-2" not in response.text
    assert await api.column("social-care", "collected_at") == dict.fromkeys([1, 3, 5, 6, 7])
    item = InboxItem.model_validate_json((await api.get("social-care", "/v1/inbox/6")).content)
    assert (item.arrived, item.delivery.data) == ("released", {"category": "number-2"})


async def test_every_number_an_item_has_left_leads_to_the_one_it_has(api: Api) -> None:
    await api.deliver("social-care", 1)
    await api.move("social-care", 1, 2)
    await api.move("social-care", 2, 3, reason="DECIDED_AGAIN")
    page = await page_of(api)
    assert [(stub["seq"], stub["moved_to"]) for stub in page["stopped"]] == [(1, 3), (2, 3)]
    assert (await api.get("social-care", "/v1/inbox/1")).json()["detail"].endswith("number 3.")


async def test_acknowledging_a_number_that_was_left_does_not_acknowledge_the_item(
    api: Api,
) -> None:
    await moved(api)
    response = await api.acknowledge("social-care", 1, 2, 3)
    assert response.status_code == 200
    assert response.json() == {"acknowledged": [1, 2, 3]}
    acknowledged = await api.column("social-care", "acknowledged_at")
    assert [seq for seq, moment in acknowledged.items() if moment] == [1, 3]
    # The number is put away, the item waits under its new one.
    assert numbers(await page_of(api)) == ([5, 6, 7], [4])
    assert numbers(await page_of(api, "/v1/inbox?all=true")) == ([1, 3, 5, 6, 7], [2, 4])
    assert (await api.acknowledge("social-care", 2)).status_code == 200


async def test_acknowledging_an_item_puts_its_earlier_numbers_away(api: Api) -> None:
    await moved(api)
    await api.acknowledge("social-care", 6)
    assert numbers(await page_of(api)) == ([1, 3, 5, 7], [4])


async def test_one_unknown_number_beside_one_that_was_left_acknowledges_nothing(api: Api) -> None:
    await moved(api)
    assert (await api.acknowledge("social-care", 1, 2, 98765)).status_code == 404
    assert numbers(await page_of(api)) == ([1, 3, 5, 6, 7], [2, 4])


async def test_a_number_that_another_agency_s_item_has_left_is_as_unknown_as_any(api: Api) -> None:
    await moved(api)
    for path in ("/v1/inbox/2", "/v1/inbox/9999"):
        assert (await api.get("womens-aid", path)).status_code == 404
    foreign, unknown = [await api.get("womens-aid", f"/v1/inbox/{seq}") for seq in (2, 9999)]
    assert (foreign.content, foreign.headers) == (unknown.content, unknown.headers)
    foreign, unknown = [await api.acknowledge("womens-aid", seq) for seq in (2, 9999)]
    assert (foreign.status_code, foreign.content) == (404, unknown.content)
    page = (await api.get("womens-aid", "/v1/inbox?all=true")).json()
    assert (page["items"], page["stopped"]) == ([], [])
    assert numbers(await page_of(api)) == ([1, 3, 5, 6, 7], [2, 4])


async def test_what_was_purged_is_withdrawn_for_good(api: Api) -> None:
    await api.deliver("social-care", 1, 2)
    await api.purge("social-care", 1)
    page = await page_of(api)
    assert numbers(page) == ([2], [1])
    assert page["stopped"][0]["reason"] == "WITHDRAWN"
    response = await api.get("social-care", "/v1/inbox/1")
    assert response.status_code == 410
    assert response.json()["errors"][0]["code"] == "WITHDRAWN"
    assert (await api.column("social-care", "collected_at"))[1] is None


async def test_no_item_is_judged_by_a_book_that_knows_less_than_its_decision(api: Api) -> None:
    known = api.exchange.book.register_offset
    await api.deliver("social-care", 1, register_offset=known)
    await api.deliver("social-care", 2, register_offset=known + 1)
    await api.deliver("social-care", 3)
    page = await page_of(api)
    assert numbers(page) == ([1], [])
    for path in (page["links"]["next"], "/v1/inbox/2"):
        response = await api.get("social-care", path)
        assert response.status_code == 503
        assert "newer register" in response.json()["detail"]

    def read_on(_reads: int) -> None:
        api.feed.before_book = lambda _reads: None
        api.exchange.notify(AGREEMENT, "charity", "suspend")

    api.feed.before_book = read_on
    assert numbers(await page_of(api, page["links"]["next"])) == ([2, 3], [])


@pytest.mark.parametrize("path", ["/v1/inbox", "/v1/inbox/1"])
async def test_an_item_that_moves_while_it_is_read_is_not_given_under_its_old_number(
    api: Api, path: str
) -> None:
    await api.deliver("social-care", 1)
    calls = api.feed.reads

    def move(reads: int) -> None:
        if reads == calls + 2:  # it has been read and is not marked as collected yet
            with ThreadPoolExecutor() as elsewhere:
                elsewhere.submit(asyncio.run, api.move("social-care", 1, 2)).result()

    api.feed.before_book = move
    response = await api.get("social-care", path)
    assert api.feed.reads > calls + 2
    collected = await api.column("social-care", "collected_at")
    if path.endswith("1"):
        assert (response.status_code, collected) == (410, {2: None})
    else:
        assert numbers(response.json()) == ([2], [1])
        assert collected[2]


async def test_the_publisher_is_told_what_a_replay_changed(api: Api) -> None:
    await api.decide("police", "event-0001", 1, shared=[SHARED], withheld=WITHHELD)
    late = {**SHARED, "agency": "womens-aid", "version": 2, "delivery_id": "1" * 32}
    await api.decide_again(
        "police", "event-0001", "womens-aid", AT, shared=[late], delivered=[late["delivery_id"]]
    )
    suspended = [{"agency": "adult-care", "reason": "SUSPENDED"}]
    await api.decide_again("police", "event-0001", "adult-care", AT, withheld=suspended)
    candidates = await candidates_of(api)
    assert candidates["womens-aid"] == {
        "outcome": "shared",
        "agreement": "test-agreement",
        "version": 2,
        "law": "protect",
        "shares": ["all-crimes"],
        "fields": ["category", "month"],
        "replayed": True,
    }
    assert candidates["adult-care"] == {
        "outcome": "withheld",
        "reason": "SUSPENDED",
        "because": Reason.SUSPENDED.sentence,
        "replayed": True,
    }
    assert "replayed" not in candidates["social-care"]
    false = [{"agency": "adult-care", "reason": "CONDITION_FALSE"}]
    later = AT + timedelta(hours=1)
    await api.decide_again("police", "event-0001", "adult-care", later, withheld=false)
    assert (await candidates_of(api))["adult-care"]["reason"] == "CONDITION_FALSE"


async def test_a_replay_that_changed_nothing_does_not_hide_what_an_agency_has(api: Api) -> None:
    await api.decide("police", "event-0001", 1, shared=[SHARED])
    before = await candidates_of(api)
    withheld = [{"agency": "social-care", "reason": "SUSPENDED"}]
    await api.decide_again("police", "event-0001", "social-care", AT, withheld=withheld)
    newer = {**SHARED, "version": 2, "fields": ["category"]}  # but the first copy is collected
    later = AT + timedelta(hours=1)
    await api.decide_again("police", "event-0001", "social-care", later, shared=[newer])
    assert await candidates_of(api) == before


async def candidates_of(api: Api) -> dict[str, Any]:
    response = await api.get("police", "/v1/events/event-0001")
    assert response.status_code == 200
    return {each.pop("agency"): each for each in response.json()["candidates"]}
