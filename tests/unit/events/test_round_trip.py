"""The codec: every valid event survives, and equal events have equal bytes."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import crime
from concordat_events.envelope import CONTENT_TYPE, read_event, write_event
from event_strategies import QUICK, THOROUGH, TYPES, events

CRIME = (
    b'{"data":{"category":"drugs","district":"Redditch","month":"2025-12"},"id":"crime-0001",'
    b'"source":"//police","specversion":"1.0","subject":"case-0001",'
    b'"time":"2025-12-01T00:00:00Z","type":"community-safety.crime-recorded.v1"}'
)


def _encoded(event: dict[str, Any]) -> bytes:
    return json.dumps(event).encode()


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {k: _without_nulls(v) for k, v in value.items() if v is not None}
    return [_without_nulls(each) for each in value] if isinstance(value, list) else value


def _shuffled(value: Any, order: random.Random) -> Any:
    if isinstance(value, list):
        return [_shuffled(each, order) for each in value]
    if not isinstance(value, dict):
        return value
    items = [(key, _shuffled(each, order)) for key, each in value.items()]
    order.shuffle(items)
    return dict(items)


def test_the_canonical_bytes_are_these() -> None:
    assert write_event(read_event(_encoded(crime()))) == CRIME


@pytest.mark.parametrize("event_type", TYPES)
def test_every_published_type_survives_the_codec(event_type: str) -> None:
    @QUICK
    @given(events(types=[event_type]))
    def survives(plain: dict[str, Any]) -> None:
        event = read_event(_encoded(plain))
        written = write_event(event)
        assert read_event(written) == event
        assert write_event(read_event(written)) == written
        again = json.loads(written)
        # An instant is written as short as it can be; everything else as it was.
        assert again == _without_nulls(plain)

    survives()


@THOROUGH
@given(events(), st.randoms(use_true_random=False))
def test_key_order_nulls_and_spacing_change_no_byte(
    plain: dict[str, Any], order: random.Random
) -> None:
    spaced = json.dumps(_shuffled(plain, order), indent=3, ensure_ascii=False).encode()
    bare = json.dumps(_without_nulls(plain), separators=(",", ":")).encode()
    assert write_event(read_event(spaced)) == write_event(read_event(bare))


@pytest.mark.parametrize(
    "spelling",
    [
        "2025-12-01T00:00:00+00:00",
        "2025-12-01T00:00:00.000Z",
        "2025-12-01T01:00:00+01:00",
        "2025-11-30T19:00:00-05:00",
        "2025-12-01T00:00:00-00:00",
    ],
)
def test_one_instant_has_one_spelling(spelling: str) -> None:
    assert write_event(read_event(_encoded({**crime(), "time": spelling}))) == CRIME


def test_fractions_of_a_second_are_kept() -> None:
    event = read_event(_encoded({**crime(), "time": "2025-12-01T00:00:00.25Z"}))
    assert json.loads(write_event(event))["time"] == "2025-12-01T00:00:00.250000Z"


def test_a_whole_number_and_its_float_are_one_longitude() -> None:
    whole, point = (
        write_event(read_event(_encoded(crime(location={"longitude": number}))))
        for number in (2, 2.0)
    )
    assert whole == point


@pytest.mark.parametrize(
    "content_type",
    [
        CONTENT_TYPE,
        "application/cloudevents+json",
        "Application/CloudEvents+JSON;charset=utf-8",
        "application/cloudevents+json ; charset=UTF-8",
    ],
)
def test_these_content_types_are_the_one_the_contract_names(content_type: str) -> None:
    assert read_event(CRIME, content_type).id == "crime-0001"


def test_the_publisher_is_the_source_without_its_slashes() -> None:
    assert read_event(CRIME).publisher == "police"


def test_nobody_is_denied_unless_named() -> None:
    assert read_event(CRIME).denied == frozenset()
    named = read_event(_encoded({**crime(), "withholdfrom": "womens-aid,hospital"}))
    assert named.denied == {"womens-aid", "hospital"}


def test_an_event_cannot_be_changed() -> None:
    event = read_event(CRIME)
    with pytest.raises(ValueError, match="frozen"):
        event.id = "another-id"  # type: ignore[misc]
    with pytest.raises(ValueError, match="frozen"):
        event.data.category = "burglary"  # type: ignore[attr-defined]
