import json
from typing import Any

import pytest

from builders import crime
from concordat_events.envelope import Event, write_event
from integration.inbox.api import Api

ONE = "application/cloudevents+json"
BATCH = "application/cloudevents-batch+json"


async def publish(
    api: Api, content: Any, media_type: str = ONE, agency: str = "police", **headers: str
) -> Any:
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    sent = {"Content-Type": media_type, **headers}
    return await api.call(agency, "POST", "/v1/events", content=body, headers=sent)


async def test_an_event_is_accepted_and_can_be_asked_for(api: Api) -> None:
    response = await publish(api, crime(), ONE + "; charset=UTF-8")
    assert response.status_code == 202
    assert response.json() == {"accepted": [{"id": "crime-0001"}]}
    assert response.headers["location"] == "/v1/events/crime-0001"
    assert [(agency, event.id) for agency, event in api.outboxes.published] == [
        ("police", "crime-0001")
    ]


async def test_a_batch_is_accepted_whole(api: Api) -> None:
    events = [{**crime(), "id": f"crime-000{number}"} for number in (2, 1)]
    response = await publish(api, events, BATCH)
    assert response.json() == {"accepted": [{"id": "crime-0002"}, {"id": "crime-0001"}]}
    assert "location" not in response.headers
    assert len(api.outboxes.published) == 2


async def test_one_fault_refuses_the_batch_and_nothing_of_it_is_published(api: Api) -> None:
    events = [crime(), {**crime(nickname="Zebedee"), "id": "crime-0002"}]
    response = await publish(api, events, BATCH)
    assert response.status_code == 422
    assert [(error["code"], error["index"]) for error in response.json()["errors"]] == [
        ("UNDECLARED", 1)
    ]
    assert "Zebedee" not in response.text
    assert "nickname" not in response.text
    assert api.outboxes.published == []


async def test_an_agency_publishes_as_itself_only(api: Api) -> None:
    response = await publish(api, crime(), agency="womens-aid")
    assert [error["code"] for error in response.json()["errors"]] == ["WRONG_SOURCE"]
    assert api.outboxes.published == []


async def test_a_denial_of_an_unknown_agency_is_refused(api: Api) -> None:
    response = await publish(api, {**crime(), "withholdfrom": "social-care,nobody"})
    assert [error["code"] for error in response.json()["errors"]] == ["UNKNOWN_AGENCY"]


async def test_what_is_published_is_the_validated_event(api: Api) -> None:
    spaced = json.dumps({**crime(), "traceparent": None}, indent=4).encode()
    await publish(api, spaced)
    event: Event = api.outboxes.published[0][1]
    assert json.loads(write_event(event)) == crime()


async def test_a_body_that_is_too_large_is_refused(api: Api) -> None:
    for size, media_type in ((128 * 1024, ONE), (4 * 1024 * 1024, BATCH)):
        assert (await publish(api, b" " * size, media_type)).status_code == 422
        assert (await publish(api, b" " * (size + 1), media_type)).status_code == 413


async def test_a_body_that_does_not_say_how_large_it_is_is_refused_on_the_way(api: Api) -> None:
    sent = 0

    async def chunks() -> Any:
        nonlocal sent
        for _ in range(1000):
            sent += 1
            yield b" " * 10_000

    response = await api.call(
        "police", "POST", "/v1/events", content=chunks(), headers={"Content-Type": ONE}
    )
    assert response.status_code == 413
    assert sent < 20


@pytest.mark.parametrize(
    ("media_type", "headers"),
    [
        ("application/json", {}),
        ("text/plain", {}),
        ("", {}),
        ("application/cloudevents+json; charset=latin-1", {}),
        (ONE, {"Content-Encoding": "gzip"}),
        ("application/cloudevents+xml", {}),
    ],
)
async def test_only_plain_cloudevents_are_taken(
    api: Api, media_type: str, headers: dict[str, str]
) -> None:
    response = await publish(api, crime(), media_type, **headers)
    assert response.status_code == 415
    assert api.outboxes.published == []


async def test_nothing_is_published_under_a_book_that_is_too_old(api: Api) -> None:
    api.feed.seconds_old = 2.0
    assert (await publish(api, crime())).status_code == 503
    assert api.outboxes.published == []
