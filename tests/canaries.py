"""Unique tokens in every sensitive field of an event, so that a leak can be searched for."""

import hashlib
import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import msgspec

from concordat_events.catalogue import CATALOGUE
from concordat_events.envelope import Event, read_event, write_event
from concordat_events.fields import Sensitivity
from concordat_events.leaves import Kind, Leaf, leaves

# Texts of a form that has no room for a token of its own.
_FIXED = frozenset({"nhs_number", "postcode", "uprn", "school_urn", "lsoa_code"})
# Of these, the forms that cannot be taken for something else wherever they are met.
_TELLING = frozenset({"nhs_number", "postcode", "uprn", "lsoa_code"})
_FIRST_DAY, _DAYS = date(1100, 1, 1), 290_000

_SHAPES = re.compile(
    r"canary-[0-9a-f]{24}"
    r"|\b1[1-8][0-9]{2}-[0-9]{2}-[0-9]{2}\b"
    r"|\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"
    r"|\b9[0-9]{9}\b"
    r"|\b999[0-9]{9}\b"
    r"|\b[A-Z]{1,2}[0-9][A-Z0-9]? [0-9][A-Z]{2}\b"
    r"|\bE01[0-9]{6}\b"
)


def with_canaries(event: Event) -> tuple[Event, dict[str, str]]:
    """The event with a token in every sensitive text that it fills in, and the tokens by path.

    A path has its position where the agreement's words have `[]`: `children[0].name`. A token is
    made of the event's id and the path, so no two are equal. Days, numbers, choices and numbers
    of a fixed form (NHS, postcode) stay as they are.
    """
    return _with(event, _takes_a_token, lambda path, _: token(event.id, path))


def with_marks(event: Event) -> tuple[Event, dict[str, str]]:
    """The event with canaries, its days and moments distinctive too, and all that by path.

    A day is one of the twelfth to nineteenth century, a moment has microseconds of its own;
    numbers of a fixed form are told as they are. `marks_in` finds each of them in any text.
    """
    event, tokens = with_canaries(event)
    event, days = _with(event, _is(Kind.DAY), lambda path, _: _day(event.id, path))
    event, moments = _with(event, _is(Kind.INSTANT), lambda path, at: _moment(event.id, path, at))
    _, fixed = _with(event, _is_telling, lambda _, value: value)
    return event, {**tokens, **days, **moments, **fixed}


def marks_in(text: str) -> set[str]:
    """Everything in `text` that has the shape of a mark, whether or not it was ever planted."""
    return set(_SHAPES.findall(text))


def token(event_id: str, path: str) -> str:
    """The token of one place: it fits names, texts, codes and references alike."""
    return "canary-" + _hash(event_id, path)[:24]


def bare(path: str) -> str:
    """The path in the agreement's words: `children[].name`, `offences`."""
    return re.sub(r"\[[0-9]+\]", "[]", re.sub(r"\[[0-9]+\]$", "", path))


def _hash(event_id: str, path: str) -> str:
    return hashlib.sha256(f"{event_id} {path}".encode()).hexdigest()


def _day(event_id: str, path: str) -> str:
    return str(_FIRST_DAY + timedelta(days=int(_hash(event_id, path), 16) % _DAYS))


def _moment(event_id: str, path: str, at: str) -> str:
    micros = int(_hash(event_id, path), 16) % 999_999 + 1
    return f"{at[:19]}.{micros:06d}Z"


def can_be_marked(leaf: Leaf) -> bool:
    """Whether `with_marks` marks this field where it is filled in."""
    return (
        _takes_a_token(leaf)
        or _is_telling(leaf)
        or (is_sensitive(leaf) and leaf.kind in (Kind.DAY, Kind.INSTANT))
    )


def is_sensitive(leaf: Leaf) -> bool:
    return leaf.sensitivity is not Sensitivity.NONE


def _takes_a_token(leaf: Leaf) -> bool:
    return (
        is_sensitive(leaf)
        and leaf.kind is Kind.TEXT
        and _name(leaf) not in _FIXED
        and re.fullmatch(leaf.pattern or ".*", token("any", leaf.path)) is not None
    )


def _is_telling(leaf: Leaf) -> bool:
    return is_sensitive(leaf) and leaf.kind is Kind.TEXT and _name(leaf) in _TELLING


def _is(kind: Kind) -> Any:
    return lambda leaf: is_sensitive(leaf) and leaf.kind is kind


def _name(leaf: Leaf) -> str:
    return leaf.path.rsplit(".", 1)[-1]


def _with(event: Event, takes: Any, value_at: Any) -> tuple[Event, dict[str, str]]:
    content = msgspec.json.decode(write_event(event))
    planted: dict[str, str] = {}
    for leaf in leaves(CATALOGUE[event.type]).values():
        if takes(leaf):
            for path in _places(content["data"], leaf.path.split("."), leaf.many):
                planted[path] = _plant(content["data"], path, value_at)
    return read_event(msgspec.json.encode(content)), planted


def _places(found: Any, steps: list[str], many: bool, path: str = "") -> Iterator[str]:
    if found is None:
        return
    if not steps:
        yield from (f"{path}[{place}]" for place in range(len(found))) if many else (path,)
        return
    step, rest = steps[0], steps[1:]
    name = step.removesuffix("[]")
    inner, here = found.get(name), f"{path}.{name}" if path else name
    if step.endswith("[]") and inner is not None:
        for place, element in enumerate(inner):
            yield from _places(element, rest, many, f"{here}[{place}]")
    else:
        yield from _places(inner, rest, many, here)


def _plant(data: Any, path: str, value_at: Any) -> str:
    steps: list[str | int] = [
        int(step) if step.isdigit() else step
        for step in path.replace("[", ".").replace("]", "").split(".")
    ]
    for step in steps[:-1]:
        data = data[step]
    value = str(value_at(path, data[steps[-1]]))
    data[steps[-1]] = value
    return value
