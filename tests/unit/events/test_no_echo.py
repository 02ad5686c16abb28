"""P7: what an event holds never stands in what is said about it."""

import json
import traceback
from collections.abc import Iterator
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from concordat_events.envelope import read_event
from concordat_events.faults import FaultCode, InvalidEvent
from event_strategies import THOROUGH, events

TOKEN = "Qx7-planted-token"
# Shapes of what a person may type in a wrong field; each holds the token.
PLANTED: list[Any] = [
    TOKEN,
    f"{TOKEN}\n",
    f"//{TOKEN}",
    f"2025-12-01T00:00:00{TOKEN}",
    f"2025-12-01{TOKEN}",
    f"17{TOKEN}",
    [TOKEN],
    {TOKEN: TOKEN},
    {TOKEN: [TOKEN, {TOKEN: None}]},
]


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = value if isinstance(value, dict) else range(len(value))
    for key in list(keys):
        yield value, key
        if isinstance(value[key], dict | list):
            yield from _places(value[key])


@THOROUGH
@given(events(), st.data())
def test_no_fault_repeats_a_value_or_an_undeclared_name(
    event: dict[str, Any], draw: st.DataObject
) -> None:
    owner, key = draw.draw(st.sampled_from(list(_places(event))))
    planted = draw.draw(st.sampled_from(PLANTED))
    if isinstance(owner, dict) and draw.draw(st.booleans()):
        owner[TOKEN] = planted
    else:
        owner[key] = planted
    value = json.dumps(event).encode()
    if draw.draw(st.booleans()):
        value = value[: draw.draw(st.integers(1, len(value)))]
    try:
        read_event(value)
    except InvalidEvent as refused:
        said = "".join(traceback.format_exception(refused)) + repr(refused.faults)
        told = "".join(f"{fault.code} {fault.path} {fault.message}" for fault in refused.faults)
    else:
        assume(False)  # the token is a valid value of a free text
    assert TOKEN not in told
    assert TOKEN not in said
    assert told


def test_the_place_of_an_undeclared_key_is_told_by_its_number() -> None:
    value = b'{"id":"crime-0001","Jane O\'Neill":1,"type":"community-safety.crime-recorded.v1"}'
    try:
        read_event(value)
    except InvalidEvent as refused:
        undeclared = [f for f in refused.faults if f.code is FaultCode.UNDECLARED]
    assert [(f.path, f.message) for f in undeclared] == [
        ("", "key number 2 is not declared by the contract")
    ]
