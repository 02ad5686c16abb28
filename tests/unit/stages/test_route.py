"""Route: one incident in, one routed record out; what cannot be read is withheld from all."""

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from builders import NOW, Exchange, agreement_of, crime, share_of
from concordat.kafka.topics import Topics
from concordat.stages.record import JSON, Output, Record
from concordat.stages.route import delivery_id_of, route_stage
from concordat.stages.routed import RoutedRecord, read_routed, write_routed
from concordat_events.delivery import Delivery
from concordat_events.envelope import CONTENT_TYPE, read_event, write_event

TOPICS = Topics("t7.")


def _exchange() -> Exchange:
    exchange = Exchange()
    exchange.add(agreement_of(shares=[share_of(), share_of(id="to-aid", to=["womens-aid"])]))
    return exchange


def _outputs(
    *values: bytes | None, exchange: Exchange | None = None, now: datetime = NOW
) -> list[Output]:
    records = [
        Record("t7.incidents", 2, 7 + n, b"case-0001", value, CONTENT_TYPE, log="the-log")
        for n, value in enumerate(values)
    ]
    book = (exchange or _exchange()).book
    return route_stage(TOPICS, b"k" * 32)(records, book, now)


def _canonical(event: dict[str, Any]) -> bytes:
    return write_event(read_event(json.dumps(event).encode()))


def _routed(event: dict[str, Any], **options: Any) -> RoutedRecord:
    (output,) = _outputs(_canonical(event), **options)
    assert (output.topic, output.key, output.content_type) == ("t7.routed", b"case-0001", JSON)
    return read_routed(output.value)


def _deliveries(routed: RoutedRecord) -> list[Delivery]:
    return [Delivery.model_validate_json(bytes(each.delivery)) for each in routed.shared]


def test_the_record_says_what_was_decided_on_what_knowledge() -> None:
    exchange = _exchange()
    routed = _routed(crime(), exchange=exchange)
    assert (routed.source, routed.id, routed.publisher) == ("//police", "crime-0001", "police")
    assert (routed.type, routed.subject) == ("community-safety.crime-recorded.v1", "case-0001")
    assert routed.time == "2025-12-01T00:00:00Z"
    assert (routed.admission, routed.log) == ((2, 7), "the-log")
    assert routed.register == len(exchange.log)
    assert routed.decided_at == "2026-11-22T12:00:00Z"
    assert not routed.synthetic


def test_a_share_says_what_justifies_it() -> None:
    agreement = agreement_of(shares=[share_of(), share_of(id="to-aid", to=["womens-aid"])])
    care, aid = _routed(crime()).shared
    assert (care.agency, aid.agency) == ("social-care", "womens-aid")
    assert (care.agreement, care.version, care.law) == ("test-agreement", 1, "protect")
    assert care.digest == agreement.digest()
    assert (care.shares, care.fields) == (["all-crimes"], ["category", "month"])
    # 30 days after the London day of the decision; Women's Aid keeps its copy 90 days.
    assert (care.keepuntil, aid.keepuntil) == ("2026-12-22", "2027-02-20")


def test_a_delivery_is_a_published_delivery_event() -> None:
    care, aid = _deliveries(_routed(crime()))
    assert care == Delivery.model_validate_json(
        json.dumps(
            {
                "id": delivery_id_of(
                    "//police", "crime-0001", "social-care", "test-agreement", "protect"
                ),
                "type": "community-safety.crime-recorded.v1",
                "subject": "case-0001",
                "time": "2025-12-01T00:00:00Z",
                "origin": "//police",
                "originid": "crime-0001",
                "agreement": "test-agreement",
                "agreementversion": 1,
                "shares": "all-crimes",
                "purpose": "Show what an agreement does.",
                "gateway": "ca2004-s11",
                "lawfulbasis": "gdpr-6-1-e,gdpr-9-2-g,dpa2018-sch1-18",
                "onward": "ask",
                "keepuntil": "2026-12-22",
                "withheld": "crime_ref,reported_by,falls_within,location.description,"
                "location.longitude,location.latitude,location.lsoa_code,location.lsoa_name,"
                "district,outcome,context",
                "data": {"category": "drugs", "month": "2025-12"},
            }
        )
    )
    assert aid.onward == "none"
    assert str(aid.keepuntil) == "2027-02-20"
    assert "collectby" not in aid.model_fields_set


def test_keeping_counts_from_the_day_in_london() -> None:
    summer = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    assert _routed(crime(), now=summer).shared[0].keepuntil == "2026-07-31"


def test_the_withheld_list_leaves_sealed_names_out_and_ignores_the_event() -> None:
    event = crime() | {
        "type": "domestic-abuse.incident-recorded.v1",
        "data": {
            "ref": "incident-1",
            "occurred_at": "2025-12-01T00:00:00Z",
            "grade": "high",
            "victim": {"ref": "person-01"},
        },
    }
    exchange = Exchange()
    exchange.add(agreement_of(shares=[share_of(event=event["type"], send=["grade"])]))
    (delivery,) = _deliveries(_routed(event, exchange=exchange))
    named = delivery.withheld.split(",")
    assert "narrative" in named
    assert "children[].name" in named
    assert "grade" not in named
    assert not [name for name in named if "address" in name or "safe_contact" in name]


def test_neither_denial_nor_trace_reaches_a_delivery() -> None:
    trace = f"00-{'a' * 32}-{'b' * 16}-01"
    routed = _routed(crime() | {"withholdfrom": "womens-aid,adult-care", "traceparent": trace})
    assert [each.agency for each in routed.shared] == ["social-care"]
    body = bytes(routed.shared[0].delivery)
    for word in (b"womens-aid", b"adult-care", trace.encode(), b"withholdfrom", b"traceparent"):
        assert word not in body


def test_a_synthetic_event_is_marked_on_its_way() -> None:
    routed = _routed(crime() | {"synthetic": True})
    assert routed.synthetic
    assert _deliveries(routed)[0].synthetic is True
    assert b"synthetic" not in bytes(_routed(crime()).shared[0].delivery)


def test_an_empty_register_shares_nothing_with_anybody() -> None:
    routed = _routed(crime(), exchange=Exchange(controllers={}))
    assert (routed.shared, routed.withheld) == ([], [])


def test_a_batch_keeps_its_order_and_its_places() -> None:
    events = [crime() | {"id": f"crime-000{n}"} for n in range(5)]
    outputs = _outputs(*map(_canonical, events))
    routed = [read_routed(output.value) for output in outputs]
    assert [(each.id, each.admission) for each in routed] == [
        (f"crime-000{n}", (2, 7 + n)) for n in range(5)
    ]


def test_the_same_batch_twice_gives_the_same_bytes() -> None:
    exchange = _exchange()
    once, again = (_outputs(_canonical(crime()), exchange=exchange) for _ in range(2))
    assert once == again


UNREADABLE: dict[str, bytes | None] = {
    "null": None,
    "nothing": b"",
    "garbage": b"\x00\xff",
    "not an object": b"[]",
    "another object": b"{}",
    "data of another type": _canonical(crime()).replace(b'"drugs"', b"17"),
    "data that is no object": _canonical(crime() | {"data": crime()["data"]}).replace(
        b'{"category":"drugs","district":"Redditch","month":"2025-12"}', b"[]"
    ),
    "cut short": _canonical(crime())[:-1],
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_withheld_from_all_and_told_to_operators(case: str) -> None:
    exchange = _exchange()
    letter, output = _outputs(UNREADABLE[case], exchange=exchange)
    assert (letter.topic, letter.key) == ("t7.dead-letters", b"t7.incidents/2/7")
    assert json.loads(letter.value) == {
        "stage": "route",
        "topic": "t7.incidents",
        "partition": 2,
        "offset": 7,
        "reason": "UNREADABLE",
        "size": len(UNREADABLE[case] or b""),
    }
    assert (output.topic, output.key) == ("t7.routed", b"case-0001")
    routed = read_routed(output.value)
    assert (routed.source, routed.id) == ("//unreadable", "unreadable-2-7")
    assert (routed.publisher, routed.type, routed.subject, routed.content) == ("", "", "", "")
    assert routed.shared == []
    assert [(each.agency, each.reason) for each in routed.withheld] == [
        (agency, "UNREADABLE") for agency in sorted(exchange.book.agencies)
    ]


def test_one_unreadable_incident_does_not_touch_its_neighbours() -> None:
    good = _canonical(crime())
    outputs = _outputs(good, b"garbage", good)
    assert [output.topic for output in outputs] == [
        "t7.routed",
        "t7.dead-letters",
        "t7.routed",
        "t7.routed",
    ]
    ids = [read_routed(output.value).id for output in outputs if output.topic == "t7.routed"]
    assert ids == ["crime-0001", "unreadable-2-8", "crime-0001"]


def test_a_routed_record_survives_being_written_and_read() -> None:
    routed = _routed(crime() | {"withholdfrom": "womens-aid", "synthetic": True})
    assert write_routed(read_routed(write_routed(routed))) == write_routed(routed)
    assert msgspec.json.decode(write_routed(routed))["admission"] == [2, 7]


@pytest.mark.parametrize("value", [b"", b"{}", b"[]", b'{"source":1}'])
def test_another_thing_is_no_routed_record(value: bytes) -> None:
    with pytest.raises(msgspec.DecodeError):
        read_routed(value)
