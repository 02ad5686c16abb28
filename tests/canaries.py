"""Unique tokens in every sensitive text of an event, so that a leak can be searched for."""

import hashlib
from collections.abc import Iterator
from typing import Any

import msgspec

from concordat_events.catalogue import CATALOGUE
from concordat_events.envelope import Event, read_event, write_event
from concordat_events.fields import Sensitivity
from concordat_events.leaves import Kind, Leaf, leaves

# Texts of a form that has no room for a token of its own.
_FIXED = frozenset({"nhs_number", "postcode", "uprn", "school_urn", "lsoa_code"})


def with_canaries(event: Event) -> tuple[Event, dict[str, str]]:
    """The event with a token in every sensitive text that it fills in, and the tokens by path.

    A path has its position where the agreement's words have `[]`: `children[0].name`. A token is
    made of the event's id and the path, so no two are equal. Days, numbers, choices and numbers
    of a fixed form (NHS, postcode) stay as they are.
    """
    content = msgspec.json.decode(write_event(event))
    tokens: dict[str, str] = {}
    for leaf in leaves(CATALOGUE[event.type]).values():
        if _takes_a_token(leaf):
            steps = leaf.path.split(".")
            for path in _places(content["data"], steps, leaf.many):
                tokens[path] = token(event.id, path)
                _plant(content["data"], path, tokens[path])
    return read_event(msgspec.json.encode(content)), tokens


def token(event_id: str, path: str) -> str:
    """The token of one place: it fits names, texts, codes and references alike."""
    return "canary-" + hashlib.sha256(f"{event_id} {path}".encode()).hexdigest()[:24]


def _takes_a_token(leaf: Leaf) -> bool:
    sensitive = leaf.sensitivity is not Sensitivity.NONE
    name = leaf.path.rsplit(".", 1)[-1]
    return sensitive and leaf.kind is Kind.TEXT and name not in _FIXED


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


def _plant(data: Any, path: str, value: str) -> None:
    steps: list[str | int] = [
        int(step) if step.isdigit() else step
        for step in path.replace("[", ".").replace("]", "").split(".")
    ]
    for step in steps[:-1]:
        data = data[step]
    data[steps[-1]] = value
