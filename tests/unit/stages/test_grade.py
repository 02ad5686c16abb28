"""A grade is told only where a missing signature or a suspension withholds, only as a code."""

import json
from typing import Any

import msgspec
import pytest

from builders import Exchange, agreement_of, share_of
from concordat.agreements.decision import Withheld
from concordat.agreements.reason import Reason
from concordat.stages.grade import COUNTED, grade_of
from unit.stages.test_route import _routed

TYPE = "domestic-abuse.incident-recorded.v1"
EVENT: dict[str, Any] = {
    "specversion": "1.0",
    "id": "event-0001",
    "source": "//police",
    "type": TYPE,
    "time": "2026-11-20T00:00:00Z",
    "subject": "case-0001",
    "data": {
        "ref": "incident-1",
        "occurred_at": "2026-11-20T00:00:00Z",
        "grade": "high",
        "victim": {"ref": "person-01"},
    },
}
SUSPENDED = [Withheld("womens-aid", Reason.SUSPENDED)]


def agreement() -> Any:
    return agreement_of(shares=[share_of(event=TYPE, send=["ref"])])


def test_an_unsigned_agreement_tells_the_grade() -> None:
    exchange = Exchange()
    exchange.add(agreement(), signed_by=["police-authority"])
    routed = _routed(EVENT, exchange=exchange)
    assert [each.reason for each in routed.withheld] == ["UNSIGNED_BY_RECIPIENT"]
    assert routed.grade == "high"


def test_a_suspended_agreement_tells_the_grade() -> None:
    exchange = Exchange()
    exchange.add(agreement())
    exchange.notify(agreement(), "council", "suspend")
    routed = _routed(EVENT, exchange=exchange)
    assert [each.reason for each in routed.withheld] == ["SUSPENDED"]
    assert routed.grade == "high"


def test_what_is_shared_or_denied_tells_none() -> None:
    exchange = Exchange()
    exchange.add(agreement())
    shared = _routed(EVENT, exchange=exchange)
    denied = _routed({**EVENT, "withholdfrom": "social-care"}, exchange=exchange)
    assert (len(shared.shared), shared.grade) == (1, None)
    assert ([each.reason for each in denied.withheld], denied.grade) == (
        ["DENIED_BY_PUBLISHER"],
        None,
    )


@pytest.mark.parametrize("reason", Reason)
def test_only_these_reasons_are_counted(reason: Reason) -> None:
    data = msgspec.Raw(json.dumps(EVENT["data"]).encode())
    expected = "high" if reason in COUNTED else None
    assert grade_of(TYPE, data, [Withheld("womens-aid", reason)]) == expected
    signature_or_suspension = reason.startswith("UNSIGNED") or reason == "SUSPENDED"
    assert (reason in COUNTED) is signature_or_suspension


@pytest.mark.parametrize(
    "data",
    [
        b'{"grade":"Rosalind Elsie"}',
        b'{"grade":7}',
        b'{"grade":["high"]}',
        b'{"grade":null}',
        b"{}",
        b"[]",
        b"7",
        b'{"grade":"high"',
        b'{"grade":"\xff"}',
        b"[" * 100_000,
    ],
)
def test_anything_but_a_code_of_the_type_is_unknown(data: bytes) -> None:
    assert grade_of(TYPE, msgspec.Raw(data), SUSPENDED) is None


@pytest.mark.parametrize("event_type", ["community-safety.crime-recorded.v1", "unknown.v1", ""])
def test_a_type_without_a_grade_has_none(event_type: str) -> None:
    assert grade_of(event_type, msgspec.Raw(b'{"grade":"high"}'), SUSPENDED) is None


def test_each_type_has_its_own_codes() -> None:
    missing = "missing-persons.person-reported.v1"
    assert grade_of(missing, msgspec.Raw(b'{"grade":"no_apparent_risk"}'), SUSPENDED)
    assert grade_of(TYPE, msgspec.Raw(b'{"grade":"no_apparent_risk"}'), SUSPENDED) is None
