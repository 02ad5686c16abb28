"""The codec never guesses, never raises another error, and never says too much."""

import json
from typing import Any

import pytest

from builders import crime
from concordat_events.envelope import read_event
from concordat_events.faults import FaultCode, InvalidEvent


def _codes(event: dict[str, Any]) -> list[tuple[FaultCode, str]]:
    with pytest.raises(InvalidEvent) as refused:
        read_event(json.dumps(event).encode())
    return [(fault.code, fault.path) for fault in refused.value.faults]


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+01:00", "9999-12-31T23:59:59-01:00"])
def test_a_moment_outside_of_all_years_is_refused(moment: str) -> None:
    ((code, path),) = _codes(crime() | {"time": moment})
    assert (path, code in (FaultCode.WRONG_VALUE, FaultCode.WRONG_TYPE)) == ("time", True)


@pytest.mark.parametrize(
    "moment",
    [
        "1700000000",
        "-1700000000",
        "2025-12-01_00:00:00Z",
        "2025-12-01T00:00Z",
        "2025-12-01T00:00:00+0100",
        "2025-12-01T00:00:00\u221201:00",
    ],
)
def test_an_instant_is_rfc_3339(moment: str) -> None:
    assert [path for _, path in _codes(crime() | {"time": moment})] == ["time"]


@pytest.mark.parametrize("day", ["0", "86400", "1577836800"])
def test_a_number_written_as_text_is_not_a_day(day: str) -> None:
    event = crime() | {
        "type": "triage.response-given.v1",
        "data": {"ref": "answer-01", "known": "open", "last_contact": day},
    }
    assert [path for _, path in _codes(event)] == ["data.last_contact"]


def test_what_two_parsers_disagree_on_is_not_json_rather_than_a_wrong_value() -> None:
    assert _codes(crime(district="\ud800")) == [(FaultCode.NOT_JSON, "")]


def test_the_error_carries_no_other_error_that_repeats_the_input() -> None:
    with pytest.raises(InvalidEvent) as refused:
        read_event(json.dumps(crime() | {"Jane ONeill": 1}).encode())
    assert "Jane" not in repr(refused.value.__context__)


def test_beyond_a_hundred_faults_the_last_one_says_how_many_more_there_are() -> None:
    unknown = {f"{n:x}": 0 for n in range(12_000)}
    with pytest.raises(InvalidEvent) as refused:
        read_event(json.dumps(crime() | unknown, separators=(",", ":")).encode())
    *told, more = refused.value.faults
    assert (len(told), more.code) == (100, FaultCode.AND_MORE)
    assert more.message == f"and {12_000 - 100} more faults"
