"""An event decided again for one agency: today's book, the same delivery, nobody else."""

import json
from datetime import timedelta
from typing import Any

import pytest

from builders import NOW, Exchange, agreement_of, crime, share_of
from concordat.kafka.topics import Topics
from concordat.stages.record import JSON, Record
from concordat.stages.redecide import redecide, redecided_output
from concordat.stages.route import route_stage
from concordat.stages.routed import RoutedRecord, read_routed, write_routed
from concordat_events.envelope import CONTENT_TYPE, read_event, write_event

KEY = b"k" * 32
LATER = NOW + timedelta(days=1)
BOTH = [share_of(), share_of(id="to-aid", to=["womens-aid"])]


def record_of(event: dict[str, Any]) -> Record:
    value = write_event(read_event(json.dumps(event).encode()))
    return Record("incidents", 3, 8, b"case-0001", value, CONTENT_TYPE)


def first(record: Record, exchange: Exchange) -> RoutedRecord:
    (output,) = route_stage(Topics(), KEY)([record], exchange.book, NOW)
    return read_routed(output.value)


def again(record: Record, exchange: Exchange, agency: str = "social-care") -> RoutedRecord:
    return redecide(record, exchange.book, LATER, agency=agency, replay="replay-1", content_key=KEY)


def signed_by(*controllers: str) -> Exchange:
    exchange = Exchange()
    exchange.add(agreement_of(shares=BOTH), signed_by=controllers)
    return exchange


def test_what_was_withheld_is_decided_under_the_book_of_the_replay() -> None:
    record, exchange = record_of(crime()), signed_by("police-authority", "charity")
    before = first(record, exchange)
    assert [each.agency for each in before.shared] == ["womens-aid"]
    exchange.sign(agreement_of(shares=BOTH), "council")
    after = again(record, exchange)
    assert [each.agency for each in after.shared] == ["social-care"]
    assert after.withheld == []
    assert (after.replay, after.register) == ("replay-1", exchange.book.register_offset)
    assert after.decided_at == "2026-11-23T12:00:00Z"
    assert (after.source, after.id, after.admission) == ("//police", "crime-0001", (3, 8))
    assert after.content == before.content


def test_a_delivery_keeps_its_id_and_is_the_same_but_for_its_days() -> None:
    record, exchange = record_of(crime()), signed_by("police-authority", "council", "charity")
    (before,) = (each for each in first(record, exchange).shared if each.agency == "social-care")
    (after,) = again(record, exchange).shared
    assert after.id == before.id
    assert (before.keepuntil, after.keepuntil) == ("2026-12-22", "2026-12-23")
    old, new = json.loads(bytes(before.delivery)), json.loads(bytes(after.delivery))
    assert old.pop("keepuntil") != new.pop("keepuntil")
    assert old == new


def test_nothing_of_another_agency_is_in_it() -> None:
    routed = again(record_of(crime() | {"withholdfrom": "womens-aid"}), signed_by())
    assert {each.agency for each in routed.withheld} == {"social-care"}
    assert b"womens-aid" not in write_routed(routed)
    denied = again(record_of(crime() | {"withholdfrom": "womens-aid"}), signed_by(), "womens-aid")
    assert [str(each.reason) for each in denied.withheld] == ["DENIED_BY_PUBLISHER"]


def test_an_agency_that_no_agreement_names_has_no_outcome() -> None:
    routed = again(record_of(crime()), signed_by("police-authority"), "adult-care")
    assert (routed.shared, routed.withheld) == ([], [])


@pytest.mark.parametrize("value", [None, b"", b"\x00\xff", b'{"id":1}', b"[" * 100_000])
def test_what_cannot_be_read_is_withheld_and_raises_nothing(value: bytes | None) -> None:
    record = Record("incidents", 3, 8, None, value, CONTENT_TYPE)
    routed = again(record, signed_by())
    assert (routed.source, routed.id, routed.shared) == ("//unreadable", "unreadable-3-8", [])
    assert [(each.agency, str(each.reason)) for each in routed.withheld] == [
        ("social-care", "UNREADABLE")
    ]


def test_it_is_written_beside_the_first_decision_of_its_case() -> None:
    record, exchange = record_of(crime()), signed_by("police-authority", "council")
    routed = again(record, exchange)
    output = redecided_output(Topics("t7."), record, routed)
    assert (output.topic, output.key, output.content_type) == ("t7.routed", b"case-0001", JSON)
    assert read_routed(output.value) == routed
    # A first decision says nothing of a replay.
    assert b"replay" not in write_routed(first(record, exchange))


def test_an_item_says_by_when_it_is_to_be_collected() -> None:
    shares = [
        share_of(collect_within_hours=30),
        share_of(id="some", send=["district"], collect_within_hours=4),
        share_of(id="to-aid", to=["womens-aid"]),
    ]
    exchange = Exchange()
    exchange.add(agreement_of(shares=shares))
    care, aid = first(record_of(crime()), exchange).shared
    assert care.collectby == "2026-11-22T16:00:00Z"  # the shortest of the shares that hold
    assert json.loads(bytes(care.delivery))["collectby"] == "2026-11-22T16:00:00Z"
    assert aid.collectby is None
    assert "collectby" not in json.loads(bytes(aid.delivery))
    (late,) = again(record_of(crime()), exchange).shared
    assert late.collectby == "2026-11-23T16:00:00Z"
