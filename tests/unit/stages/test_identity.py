"""What makes two things the same: a delivery's id, and an event's content."""

import hmac
import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import NOW, Exchange, agreement_of, crime, share_of
from concordat.kafka.topics import Topics
from concordat.stages.record import Record
from concordat.stages.route import delivery_id_of, route_stage
from concordat.stages.routed import RoutedRecord, read_routed
from concordat_events.envelope import CONTENT_TYPE, read_event, write_event
from event_strategies import QUICK, events

KEY = b"k" * 32
EMPTY = Exchange()


def _routed(
    event: dict[str, Any], exchange: Exchange = EMPTY, key: bytes = KEY, offset: int = 1
) -> RoutedRecord:
    value = write_event(read_event(json.dumps(event).encode()))
    record = Record("incidents", 0, offset, b"case-0001", value, CONTENT_TYPE)
    (output,) = route_stage(Topics(), key)([record], exchange.book, NOW)
    return read_routed(output.value)


def test_a_delivery_id_is_this() -> None:
    # Fixed for ever: another value would deliver everything a second time. Made by b2sum -l 128.
    parts = ("//police", "crime-0001", "social-care", "test-agreement", "protect")
    assert delivery_id_of(*parts) == "2ee060cf60eccc446e9352e34ef7fcdb"


def test_each_of_its_five_parts_makes_another_id() -> None:
    values = [("a", "b")] * 5
    assert len({delivery_id_of(*parts) for parts in product(*values)}) == 32
    # No two parts can be shifted into each other.
    assert delivery_id_of("ab", "c", "d", "e", "f") != delivery_id_of("a", "bc", "d", "e", "f")


def test_nothing_else_makes_another_id() -> None:
    exchange = Exchange()
    first = agreement_of()
    exchange.add(first)
    before = _routed(crime(), exchange).shared[0]
    exchange.add(agreement_of(version=2, shares=[share_of(id="renamed", send=["district"])]))
    changed = crime(category="burglary") | {"subject": "case-0002", "time": "2026-01-01T00:00:00Z"}
    after = _routed(changed, exchange, offset=9).shared[0]
    assert after.id == before.id
    assert (after.version, after.fields, after.shares) == (2, ["district"], ["renamed"])


def test_the_content_is_an_hmac_over_the_canonical_event() -> None:
    canonical = write_event(read_event(json.dumps(crime()).encode()))
    assert _routed(crime()).content == hmac.new(KEY, canonical, "sha256").hexdigest()


def test_a_trace_is_not_content() -> None:
    traced = [
        _routed(crime() | {"traceparent": f"00-{digit * 32}-{'b' * 16}-01"}).content
        for digit in "ab"
    ]
    assert traced == [_routed(crime()).content] * 2


@QUICK
@given(events(), st.sampled_from("ab"))
def test_a_trace_is_not_content_whatever_the_event(event: dict[str, Any], digit: str) -> None:
    traced = event | {"traceparent": f"00-{digit * 32}-{'b' * 16}-01"}
    untraced = {name: value for name, value in event.items() if name != "traceparent"}
    assert _routed(traced).content == _routed(untraced).content


@pytest.mark.parametrize(
    "change",
    [
        {"time": "2025-12-01T00:00:01Z"},
        {"subject": "case-0002"},
        {"id": "crime-0002"},
        {"source": "//womens-aid"},
        {"synthetic": True},
        {"synthetic": False},
        {"withholdfrom": "womens-aid"},
        {"dataschema": "urn:a"},
        {"data": {"category": "drugs", "month": "2025-12"}},
        {"data": {"category": "drugs", "month": "2025-12", "district": "redditch"}},
        {"data": {**crime()["data"], "context": "x"}},
        {"data": {**crime()["data"], "location": {}}},
    ],
)
def test_every_other_change_is_another_content(change: dict[str, Any]) -> None:
    trace = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
    assert _routed(crime() | change).content != _routed(crime()).content
    assert _routed(crime() | change | trace).content == _routed(crime() | change).content


def test_another_key_is_another_content() -> None:
    assert _routed(crime(), key=b"l" * 32).content != _routed(crime()).content
