"""GET /v1/events/{id}/explanation, for the publisher alone."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

from builders import RECORDED, crime
from concordat.runtime.clock import system_clock
from integration.inbox.api import AGREEMENT, Api

PATH = "/v1/events/crime-0001/explanation"
PLACE = 17


async def _admitted(api: Api, event: Mapping[str, Any] | None = None) -> None:
    """The crime, decided and in the log."""
    await api.decide("police", "crime-0001", PLACE)
    api.incidents.records[0, PLACE] = json.dumps(event or crime()).encode()


def _at(moment: datetime) -> str:
    return f"{PATH}?at={quote(moment.isoformat())}"


async def test_the_publisher_is_told_everything_that_was_considered(api: Api) -> None:
    await _admitted(api)
    before = system_clock()
    response = await api.get("police", PATH)
    assert response.status_code == 200
    told = response.json()
    assert before <= datetime.fromisoformat(told.pop("at")) <= system_clock()
    (candidate,) = told.pop("candidates")
    assert told == {
        "id": "crime-0001",
        "type": "community-safety.crime-recorded.v1",
        "subject": "case-0001",
        "time": "2025-12-01T00:00:00Z",
        "decided_at": "2026-11-22T12:00:00Z",
        "register_offset": len(api.exchange.log),
    }
    (delivery,) = candidate.pop("deliveries")
    assert "district" in delivery.pop("withheld")
    assert delivery == {
        "agreement": AGREEMENT.id,
        "version": 1,
        "law": "protect",
        "shares": ["all-crimes"],
        "fields": ["category", "month"],
        "sealed": [],
    }
    assert candidate == {
        "agency": "social-care",
        "outcome": "shared",
        "agreements": [
            {
                "agreement": AGREEMENT.id,
                "version": 1,
                "shares": [
                    {
                        "share": "all-crimes",
                        "law": "protect",
                        "sends": ["category", "month"],
                        "conditions": [],
                    }
                ],
            }
        ],
    }


async def test_a_past_instant_is_answered_from_the_register_as_it_was(api: Api) -> None:
    await _admitted(api)
    withdrawn_at = RECORDED + timedelta(days=1)
    api.feed.recorded[len(api.exchange.log)] = withdrawn_at
    api.exchange.notify(AGREEMENT, "council", "withdraw")

    async def reason(path: str) -> str | None:
        (candidate,) = (await api.get("police", path)).json()["candidates"]
        found: str | None = candidate.get("reason")
        return found

    assert await reason(_at(withdrawn_at - timedelta(seconds=1))) is None
    assert await reason(_at(withdrawn_at)) == "WITHDRAWN"
    assert await reason(PATH) == "WITHDRAWN"
    told = (await api.get("police", _at(withdrawn_at))).json()
    assert told["at"] == "2026-01-02T12:00:00Z"
    assert told["register_offset"] == len(api.exchange.log)


async def test_what_the_publisher_denied_is_told_and_no_value_of_the_event_is(api: Api) -> None:
    event = {**crime(district="Zq7Token"), "withholdfrom": "social-care"}
    await _admitted(api, event)
    response = await api.get("police", PATH)
    assert response.json()["candidates"][0]["reason"] == "DENIED_BY_PUBLISHER"
    assert "Token" not in response.text


async def test_a_recipient_hears_what_it_would_hear_of_an_unknown_event(api: Api) -> None:
    await _admitted(api)
    unknown = await api.get("social-care", "/v1/events/crime-9999/explanation")
    for path in (PATH, _at(RECORDED)):
        response = await api.get("social-care", path)
        assert (response.status_code, response.content) == (404, unknown.content)
        assert response.headers == unknown.headers
    for text in ("x", "Zebedee%20Quartermain"):
        response = await api.get("police", f"/v1/events/{text}/explanation")
        assert (response.status_code, response.content) == (404, unknown.content)


async def test_an_instant_to_come_or_none_at_all_is_refused_and_not_repeated(api: Api) -> None:
    await _admitted(api)
    ahead = system_clock() + timedelta(minutes=1)
    for path in (_at(ahead), f"{PATH}?at=Zq7Token", f"{PATH}?at=2026-01-01", f"{PATH}?at="):
        response = await api.get("police", path)
        assert response.status_code == 422, path
        (error,) = response.json()["errors"]
        assert error["path"] == "query.at"
        assert "Zq7Token" not in response.text


async def test_an_event_that_the_log_no_longer_holds_is_gone(api: Api) -> None:
    await api.decide("police", "crime-0001", PLACE)
    response = await api.get("police", PATH)
    assert response.status_code == 410
    assert "what was decided for it is still told" in response.json()["detail"]
    assert (await api.get("police", "/v1/events/crime-0001")).status_code == 200


async def test_another_event_at_the_place_is_never_explained_in_its_stead(api: Api) -> None:
    for other in ({"source": "//womens-aid"}, {"id": "crime-0002"}):
        await api.run("TRUNCATE concordat.event")
        await _admitted(api, {**crime(), **other})
        assert (await api.get("police", PATH)).status_code == 410
    api.incidents.records[0, PLACE] = b"{not json"
    assert (await api.get("police", PATH)).status_code == 410


async def test_a_log_or_a_register_that_does_not_answer_is_a_503(api: Api) -> None:
    await _admitted(api)
    api.incidents.away = True
    assert (await api.get("police", PATH)).status_code == 503
    api.incidents.away = False
    api.feed.seconds_old = 2
    assert (await api.get("police", PATH)).status_code == 503
    assert (await api.get("police", _at(datetime(2026, 6, 1, tzinfo=UTC)))).status_code == 503
