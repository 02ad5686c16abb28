"""Events at a steady rate, each about one of the districts that are in play at that moment."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from concordat_events.catalogue import CATALOGUE
from concordat_events.envelope import Event
from concordat_events.publisher import Publisher
from revocation.contracts import CRIME, PUBLISHER

_TICK_SECONDS = 0.01
_CASES = 997
_TIME = datetime(2026, 1, 5, 10, tzinfo=UTC)


@dataclass
class Traffic:
    """Publishes until cancelled; `districts` may be changed at any time."""

    rate: int
    districts: Sequence[str] = ()
    published: int = 0
    last: dict[str, float] = field(default_factory=dict)  # by district, in seconds since 1970
    _numbers: "count[int]" = field(default_factory=count)

    async def run(self, publisher: Publisher) -> None:
        """Keep to the rate: what a tick comes late with, it catches up on."""
        clock = asyncio.get_running_loop().time
        started, before = clock(), self.published
        while True:
            due = int((clock() - started) * self.rate) - (self.published - before)
            await self.publish(publisher, due)
            await asyncio.sleep(_TICK_SECONDS)

    async def publish(self, publisher: Publisher, number: int) -> None:
        """Publish so many events, the districts in play taking turns."""
        for _ in range(number):
            await publisher.submit(self._next())
            self.published += 1

    def _next(self) -> Event:
        n = next(self._numbers)
        district = self.districts[n % len(self.districts)]
        self.last[district] = time.time()
        data = {
            "category": "violence-and-sexual-offences",
            "month": "2025-12",
            "district": district,
            "outcome": "Under investigation",
            "location": {"description": "On or near Invented Street"},
            "context": "Invented for a benchmark. " * 7,
        }
        return Event(
            id=f"crime-{n:09d}",
            source=f"//{PUBLISHER}",
            type=CRIME,
            time=_TIME,
            subject=f"case-{n % _CASES:06d}",
            synthetic=True,
            data=CATALOGUE[CRIME].model_validate(data),
        )
