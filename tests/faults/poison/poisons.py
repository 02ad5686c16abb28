"""Malformed records, drawn from a seed: what attackers, broken senders and old tools write.

Each carries a canary that may appear nowhere, and says what must become of it.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import msgspec

from concordat.kafka.topics import Topics
from concordat_events.envelope import CONTENT_TYPE
from concordat_events.faults import FaultCode
from exchange_on_kafka import PUBLISHERS
from faults.load import Identity
from faults.sending import Letter

CANARY, KEPT = "cnry", "kept"
"""What refused and accepted records are marked by."""
STRANGER = "stranger"
CASES = 500


class Fate(StrEnum):
    """What must become of a record."""

    REFUSED = "refused"
    NORMALISED = "normalised"
    DEAD = "dead-letter"


@dataclass(frozen=True, slots=True)
class Poison:
    """One malformed record; a refusal names at least `codes`."""

    family: str
    fate: Fate
    letter: Letter
    identity: Identity
    codes: frozenset[FaultCode] = frozenset()


@dataclass(slots=True)
class Draft:
    """A record about to be spoilt: begun as a good one of `publisher`."""

    number: int
    publisher: str
    draw: random.Random
    event: dict[str, Any]
    key: bytes | None
    content_type: str | bytes | None = CONTENT_TYPE
    headers: dict[str, str | bytes | None] = field(default_factory=dict)
    value: bytes | None = b""

    @property
    def canary(self) -> str:
        """What marks it, should it be refused."""
        return f"{CANARY}-{self.number:08d}"

    @property
    def data(self) -> dict[str, Any]:
        """The event's data."""
        found: dict[str, Any] = self.event["data"]
        return found

    def text(self) -> str:
        """The event as compact JSON."""
        return msgspec.json.encode(self.event).decode()


Spoil = Callable[[Draft], bytes | str | None]
"""Returns the value to send."""


@dataclass(frozen=True, slots=True)
class Family:
    """One way to spoil a record; heavy ones are drawn seldom."""

    name: str
    fate: Fate
    spoil: Spoil
    codes: frozenset[FaultCode] = frozenset()
    weight: int = 10


FAMILIES: list[Family] = []


def family(fate: Fate, *codes: FaultCode, weight: int = 10) -> Callable[[Spoil], Spoil]:
    """Enter a function as a family, under its name."""

    def enter(spoil: Spoil) -> Spoil:
        name = spoil.__name__.replace("_", "-")
        FAMILIES.append(Family(name, fate, spoil, frozenset(codes), weight))
        return spoil

    return enter


def draft(number: int, draw: random.Random, marked: str) -> Draft:
    """A good record, with `marked` in its data."""
    publisher = PUBLISHERS[number % len(PUBLISHERS)]
    case = f"case-{number % CASES:08d}"
    event = {
        "specversion": "1.0",
        "id": f"poison-{number:08d}",
        "source": f"//{publisher}",
        "type": "community-safety.crime-recorded.v1",
        "time": "2025-12-01T09:00:00Z",
        "subject": case,
        "data": {
            "category": "drugs",
            "month": "2025-12",
            "context": f"{marked}-{number:08d}",
            "location": {"description": "On or near Invented Street", "longitude": -2.5},
        },
    }
    return Draft(number, publisher, draw, event, case.encode())


def spoilt(chosen: Family, number: int, draw: random.Random, topics: Topics) -> Poison:
    """Return the record of this family and number."""
    marked = KEPT if chosen.fate is Fate.NORMALISED else CANARY
    begun = draft(number, draw, marked)
    identity = begun.event["source"], begun.event["id"]
    value = chosen.spoil(begun)
    headers = dict(begun.headers)
    if begun.content_type is not None:
        headers["content-type"] = begun.content_type
    agency = STRANGER if chosen.fate is Fate.DEAD else begun.publisher
    encoded = value.encode() if isinstance(value, str) else value
    letter = Letter(topics.outbox(agency), begun.key, encoded, headers)
    return Poison(chosen.name, chosen.fate, letter, identity, chosen.codes)


def poisons(numbers: range, draw: random.Random, topics: Topics) -> Iterator[Poison]:
    """Yield a poison for every number: each family in turn first, then by their weights."""
    weights = [each.weight for each in FAMILIES]
    for place, number in enumerate(numbers):
        if place < len(FAMILIES):
            chosen = FAMILIES[place]
        else:
            (chosen,) = draw.choices(FAMILIES, weights)
        yield spoilt(chosen, number, draw, topics)
