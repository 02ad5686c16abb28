"""POST /v1/notices: a controller stops its own pairs at once, and nobody else's."""

import json
from typing import Any

import httpx
import pytest

from builders import agreement_of
from concordat.agreements.notice import Notice
from concordat.agreements.reason import Reason
from integration.inbox.api import AGREEMENT, WRITTEN, Api
from signed_notices import notice_of, record_of, refusals, why_unread

CARE = ("police", "social-care")
AID = ("police", "womens-aid")


async def post(api: Api, body: Any, agency: str = "social-care", **headers: str) -> httpx.Response:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    sent = {"Content-Type": "application/json", **headers}
    return await api.call(agency, "POST", "/v1/notices", content=content, headers=sent)


async def say(
    api: Api, notice: Notice, agency: str = "social-care", signer: str | None = None
) -> httpx.Response:
    _, body = record_of(notice, api.exchange, signer)
    return await post(api, body, agency)


def suspension(**changes: Any) -> Notice:
    return notice_of(AGREEMENT, "council", "suspend", **changes)


def why(api: Api, recipient: str = "social-care") -> Reason | None:
    return why_unread(api.exchange, recipient=recipient)


async def test_a_notice_is_registered_and_stops_its_controllers_pairs(api: Api) -> None:
    notice = suspension()
    assert why(api) is None
    response = await say(api, notice)
    assert response.status_code == 201
    assert response.json() == {
        "digest": notice.digest(),
        "agreement": "test-agreement",
        "version": 1,
        "action": "suspend",
        "recorded_at": "2026-11-22T12:00:01Z",
        "pairs": [{"publisher": "police", "recipient": "social-care"}],
    }
    assert refusals(api.exchange) == []
    assert why(api) is Reason.SUSPENDED


async def test_any_agency_of_the_controller_may_bring_it(api: Api) -> None:
    assert (await say(api, suspension(), "adult-care")).status_code == 201
    assert why(api) is Reason.SUSPENDED


async def test_what_is_written_is_the_notice_and_not_the_bytes_that_came(api: Api) -> None:
    key, body = record_of(suspension(), api.exchange)
    spaced = json.dumps(json.loads(body), indent=8).encode()
    assert (await post(api, spaced)).status_code == 201
    (record,) = api.register.written
    assert record.key == key
    assert json.loads(record.value) == json.loads(body)
    assert b"\n" not in record.value


@pytest.mark.parametrize("agency", ["social-care", "adult-care"])
async def test_the_same_notice_again_is_answered_alike_and_written_once(
    api: Api, agency: str
) -> None:
    first = await say(api, suspension())
    again = await say(api, suspension(), agency)
    assert (again.status_code, again.json()) == (first.status_code, first.json())
    assert len(api.register.written) == 1
    assert api.exchange.keeper.register.admitted[api.register.written[0].key].recorded_at == WRITTEN


async def test_a_notice_of_another_controller_is_not_taken_from_this_one(api: Api) -> None:
    for agency in ("police", "womens-aid"):
        response = await say(api, suspension(), agency)
        assert response.status_code == 403
        assert "council" not in response.text
    assert api.register.written == []
    assert why(api) is None


async def test_a_notice_is_judged_by_the_register_and_refused_with_its_reason(api: Api) -> None:
    cases = {
        "a notice for the pairs of others": suspension(pairs=[AID]),
        "a notice of a version that is not registered": suspension(version=2),
        "a notice by a controller that is behind no party": suspension(agreement="another"),
        "a resumption of no suspension of this version": notice_of(
            AGREEMENT, "council", "resume", resumes="0" * 64
        ),
    }
    for reason, notice in cases.items():
        response = await say(api, notice)
        assert response.status_code == 422
        (error,) = response.json()["errors"]
        assert error == {"code": "NOTICE_REFUSED", "path": "notice", "message": reason}
    forged = await say(api, suspension(), signer="charity")
    assert forged.status_code == 422
    assert "does not verify" in forged.text
    assert api.register.written == []
    assert why(api) is None


async def test_every_fault_of_form_is_told_and_nothing_of_what_was_sent(api: Api) -> None:
    _, body = record_of(suspension(), api.exchange)
    sent = json.loads(body)
    sent["notice"] |= {"reason": "Zebedee" * 1000, "version": "Zebedee", "Zebedee": 1}
    del sent["notice"]["at"]
    response = await post(api, sent)
    assert response.status_code == 422
    errors = {(error["code"], error["path"]) for error in response.json()["errors"]}
    assert errors == {
        ("WRONG_VALUE", "notice.reason"),
        ("WRONG_TYPE", "notice.version"),
        ("UNDECLARED", "notice"),
        ("MISSING", "notice.at"),
    }
    assert "Zebedee" not in response.text


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'{"notice":' + b"[" * 60_000])
async def test_what_is_no_notice_is_refused(api: Api, body: bytes) -> None:
    assert (await post(api, body)).status_code == 422
    assert api.register.written == []


async def test_a_body_too_large_or_of_another_type_is_refused(api: Api) -> None:
    assert (await post(api, b" " * (64 * 1024 + 1))).status_code == 413
    assert (await post(api, b"{}", **{"Content-Type": "text/plain"})).status_code == 415


async def test_one_side_suspends_and_both_resume(api: Api) -> None:
    digest = (await say(api, suspension())).json()["digest"]
    for controller, agency in (("council", "social-care"), ("police-authority", "police")):
        assert why(api) is Reason.SUSPENDED
        resumption = notice_of(AGREEMENT, controller, "resume", resumes=digest)
        assert (await say(api, resumption, agency)).status_code == 201
    assert why(api) is None


async def test_without_a_register_to_write_or_to_read_nothing_is_said_to_be_stopped(
    api: Api,
) -> None:
    api.register.away = True
    response = await say(api, suspension())
    assert response.status_code == 503
    assert "retry-after" in response.headers
    api.register.away, api.feed.seconds_old = False, 2.0
    assert (await say(api, suspension())).status_code == 503
    assert api.register.written == []


async def test_a_stopped_item_is_not_returned_from_the_answer_on(api: Api) -> None:
    await api.deliver("social-care", 1)
    assert len((await api.get("social-care", "/v1/inbox")).json()["items"]) == 1
    await say(api, suspension())
    page = (await api.get("social-care", "/v1/inbox")).json()
    assert page["items"] == []
    assert [stub["reason"] for stub in page["stopped"]] == ["SUSPENDED"]


async def test_a_stop_that_leaves_out_a_higher_version_is_refused(api: Api) -> None:
    second = agreement_of(version=2)
    api.exchange.write("agreement/test-agreement/2", second.canonical())
    response = await say(api, suspension(version=1))
    assert response.status_code == 422
    assert [error["code"] for error in response.json()["errors"]] == ["NOT_THE_HIGHEST_VERSION"]
    assert api.register.written == []
    assert (await say(api, suspension(version=2))).status_code == 201


async def test_a_stop_of_a_pair_the_wrong_way_round_is_refused(api: Api) -> None:
    response = await say(api, suspension(pairs=[("social-care", "police")]))
    assert response.status_code == 422
    (error,) = response.json()["errors"]
    assert (error["code"], error["path"]) == ("NO_SUCH_PAIR", "notice.pairs.0")
    assert (api.register.written, why(api)) == ([], None)


async def test_what_the_register_refuses_after_all_is_not_answered_as_registered(api: Api) -> None:
    api.register.refusing = True
    response = await say(api, suspension())
    assert response.status_code == 503
    assert why(api) is None
