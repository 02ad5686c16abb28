"""Events that are published again and again, spelt anew each time, and their namesakes.

Every tenth event has a district that no share names: it has no recipient. Every twentieth has a
namesake: the same id with another body, in each combination of having recipients or none; one
namesake in five is about another case.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec

from exchange_on_kafka import PUBLISHERS
from faults.load import Identity

SHARED, UNSHARED = "Redditch", "Nowhere"
ORIGINAL, NAMESAKE = "drugs", "robbery"
CASES = 200
_COMBINATIONS = ((True, True), (True, False), (False, True), (False, False))
_TIMES = ("2025-12-01T09:00:00Z", "2025-12-01T09:00:00+00:00", "2025-12-01T10:00:00+01:00")


@dataclass(frozen=True, slots=True)
class Repeated:
    """One identity, and what its bodies are; `number` is its place among all."""

    number: int

    @property
    def publisher(self) -> str:
        """Who publishes it."""
        return PUBLISHERS[self.number % len(PUBLISHERS)]

    @property
    def id(self) -> str:
        """Its id."""
        return f"{self.publisher}-{self.number:08d}"

    @property
    def identity(self) -> Identity:
        """Source and id."""
        return f"//{self.publisher}", self.id

    @property
    def has_namesake(self) -> bool:
        """Whether another body is published under its id."""
        return self.number % 20 == 0

    @property
    def combination(self) -> tuple[bool, bool]:
        """Whether the original and the namesake have recipients."""
        if self.has_namesake:
            return _COMBINATIONS[self.number // 20 % 4]
        return self.number % 10 != 5, False

    def is_shared(self, category: str) -> bool:
        """Whether the body with this category has recipients."""
        return self.combination[category == NAMESAKE]

    def case(self, category: str) -> str:
        """What the body with this category is about."""
        moved = category == NAMESAKE and self.number // 20 % 5 == 4
        return f"case-{(self.number + moved) % CASES:08d}"

    def spelt(self, category: str, draw: random.Random) -> tuple[bytes, bytes]:
        """Key and value: one body in one of its spellings, with a trace of its own."""
        case = self.case(category)
        data: dict[str, Any] = {
            "category": category,
            "month": "2025-12",
            "district": SHARED if self.is_shared(category) else UNSHARED,
        }
        if draw.random() < 0.3:
            data["outcome"] = None
        event = {
            "specversion": "1.0",
            "id": self.id,
            "source": f"//{self.publisher}",
            "type": "community-safety.crime-recorded.v1",
            "time": draw.choice(_TIMES),
            "subject": case,
            "data": _shuffled(data, draw),
        }
        if draw.random() < 0.5:
            event["traceparent"] = f"00-{draw.randbytes(16).hex()}-{draw.randbytes(8).hex()}-01"
        value = msgspec.json.encode(_shuffled(event, draw))
        if draw.random() < 0.2:
            value = msgspec.json.format(value, indent=2)
        if draw.random() < 0.2:
            value = value.replace(b'"2025-12"', b'"\\u0032025-12"')
        return case.encode(), value


def copies_of(
    events: range, times: int, draw: random.Random, namesakes: bool = True
) -> Iterator[tuple[Repeated, str]]:
    """Yield each event so often, and each namesake once, in an order that mixes neighbours."""
    window = 500
    for begin in range(events.start, events.stop, window):
        some = [Repeated(n) for n in range(begin, min(begin + window, events.stop))]
        copies = [(each, ORIGINAL) for each in some for _ in range(times)]
        copies += [(each, NAMESAKE) for each in some if namesakes and each.has_namesake]
        draw.shuffle(copies)
        yield from copies


def _shuffled(value: dict[str, Any], draw: random.Random) -> dict[str, Any]:
    return dict(draw.sample(list(value.items()), len(value)))
