import json
from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.agreements.decision import Withheld
from concordat.agreements.reason import Reason
from concordat.deliver.read_record import read_record
from concordat.deliver.rows import Decided, Unreadable
from concordat.stages.routed import write_routed
from unit.deliver.records import CONTENT, routed, shared, unreadable_incident


def read(**changes: Any) -> Decided | Unreadable:
    return read_record(2, 9, write_routed(routed("event-1", (4, 5), "schools", **changes)))


def test_a_record_becomes_its_event_and_its_deliveries() -> None:
    row = read()
    assert isinstance(row, Decided)
    assert row.event.identity == ("//police", "event-1")
    assert row.event.content == bytes.fromhex(CONTENT)
    assert row.event.admission == (4, 5)
    assert row.event.event_time == datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert row.event.decided_at == datetime(2026, 11, 22, 12, 0, 1, 500000, tzinfo=UTC)
    [delivery] = row.deliveries
    assert delivery.shares == "children,grade"
    assert delivery.keep_until == date(2028, 1, 31)
    assert (delivery.collect_by, delivery.register_offset, delivery.replay) == (None, 17, None)
    assert (row.replay, row.redecisions) == (None, ())
    assert json.loads(delivery.body)["data"] == {"grade": "high"}


def test_the_stored_decision_names_fields_and_shows_none_of_their_contents() -> None:
    row = read()
    assert isinstance(row, Decided)
    assert json.loads(row.event.shared) == [
        {
            "agency": "schools",
            "agreement": "worcestershire",
            "version": 3,
            "digest": "d1",
            "law": "safeguard-child",
            "shares": ["children", "grade"],
            "fields": ["grade", "victim.name"],
            "delivery_id": "event-1-to-schools",
        }
    ]
    assert json.loads(row.event.withheld) == [
        {
            "agency": "probation",
            "reason": "CONDITION_FALSE",
            "agreement": "worcestershire",
            "version": 3,
        }
    ]


def test_a_record_may_say_the_grade_and_an_older_one_says_none() -> None:
    graded, plain = read(grade="high"), read()
    assert isinstance(graded, Decided)
    assert isinstance(plain, Decided)
    assert (graded.event.grade, plain.event.grade) == ("high", None)
    assert b"grade" not in write_routed(routed("event-1", (4, 5)))


def test_an_incident_that_route_could_not_read_is_a_decision_like_any_other() -> None:
    row = read_record(0, 0, write_routed(unreadable_incident((4, 5))))
    assert isinstance(row, Decided)
    assert (row.event.event_time, row.event.content, row.deliveries) == (None, b"", ())


def test_a_delivery_may_say_by_when_it_is_to_be_collected() -> None:
    row = read(shared=[shared("schools", "d", collectby="2026-11-22T16:00:01.5+01:00")])
    assert isinstance(row, Decided)
    [delivery] = row.deliveries
    assert delivery.collect_by == datetime(2026, 11, 22, 15, 0, 1, 500000, tzinfo=UTC)


def test_a_replay_gives_a_redecision_for_each_agency_it_names() -> None:
    row = read(replay="replay-1")
    assert isinstance(row, Decided)
    probation, schools = row.redecisions
    assert (probation.agency, schools.agency) == ("probation", "schools")
    assert {each.replay for each in row.redecisions} == {row.replay} == {"replay-1"}
    assert (schools.source, schools.id, schools.publisher) == ("//police", "event-1", "police")
    assert (schools.register_offset, schools.decided_at) == (17, row.event.decided_at)
    assert [each["delivery_id"] for each in json.loads(schools.shared)] == ["event-1-to-schools"]
    assert (json.loads(schools.withheld), json.loads(probation.shared)) == ([], [])
    assert [each["reason"] for each in json.loads(probation.withheld)] == ["CONDITION_FALSE"]
    assert [delivery.replay for delivery in row.deliveries] == ["replay-1"]


@pytest.mark.parametrize("value", [None, b""])
def test_an_empty_value_is_set_aside(value: bytes | None) -> None:
    assert read_record(2, 9, value) == Unreadable(2, 9, "EMPTY")


@pytest.mark.parametrize(
    "value",
    [
        b"{}",
        b"[" * 100_000,
        b"\xff\x00",
        b'{"shared":',
        write_routed(routed("event-1", (4, 5)))[:-1],
        write_routed(routed("event-1", (4, 5))).replace(b"CONDITION_FALSE", b"BECAUSE"),
    ],
)
def test_what_is_no_routed_record_is_set_aside(value: bytes) -> None:
    assert read_record(2, 9, value) == Unreadable(2, 9, "NOT_A_ROUTED_RECORD")


@pytest.mark.parametrize(
    "changes",
    [
        {"content": "xyz"},
        {"time": "yesterday"},
        {"decided_at": ""},
        {"decided_at": "2026-11-22T12:00:00"},
        {"decided_at": "0001-01-01T00:00:00+23:59"},
        {"shared": [shared("schools", "d", keepuntil="soon")]},
        {"shared": [shared("schools", "d", collectby="soon")]},
        {"shared": [shared("schools", "d", collectby="2026-11-22T12:00:00")]},
        {"shared": [shared("schools", "d", delivery=msgspec.Raw(b'{"a":"\xff"}'))]},
        {"shared": [shared("schools", "d", delivery=msgspec.Raw(b"7"))]},
    ],
)
def test_a_value_that_cannot_be_stored_sets_the_record_aside(changes: dict[str, Any]) -> None:
    assert read(**changes) == Unreadable(2, 9, "NOT_A_ROUTED_RECORD")


@pytest.mark.parametrize(
    "changes",
    [
        {"admission": (-1, 5)},
        {"admission": (2**31, 5)},
        {"admission": (4, 2**63)},
        {"register": 2**63},
        {"id": ""},
        {"id": "x" * 3000},
        {"subject": "a\0b"},
        {"shared": [shared("schools", "d", version=2**31)]},
        {"shared": [shared("", "d")]},
        {"shared": [shared("schools", "d", law="a\0b")]},
        {"replay": ""},
        {"replay": "a\0b"},
        {"grade": "a\0b"},
        {"replay": "r", "withheld": [Withheld("", Reason.SUSPENDED)]},
    ],
)
def test_a_value_outside_of_what_a_column_holds_sets_the_record_aside(
    changes: dict[str, Any],
) -> None:
    assert read(**changes) == Unreadable(2, 9, "OUT_OF_RANGE")


def test_a_nul_in_a_delivery_s_data_is_delivered() -> None:
    body = b'{"data":{"note":"a\\u0000b"}}'
    row = read(shared=[shared("schools", "d", delivery=msgspec.Raw(body))])
    assert isinstance(row, Decided)
    assert row.deliveries[0].body.encode() == body


@given(st.binary(max_size=200))
def test_no_bytes_raise(value: bytes) -> None:
    assert isinstance(read_record(0, 0, value), Unreadable)
