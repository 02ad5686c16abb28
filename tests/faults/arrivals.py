"""For how long nothing came through: rows that are stored, seen through the database."""

import asyncio
import math
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise

from faults.rig import Rig

_LOOK_SECONDS = 0.1
_DELIVERED = "SELECT coalesce(sum(last_seq), 0) FROM concordat.inbox"


@dataclass
class Arrivals:
    """When deliveries were stored, by the event loop's clock, to a tenth of a second."""

    rig: Rig
    delivered: int = 0
    times: list[float] = field(default_factory=list)

    @asynccontextmanager
    async def watched(self) -> AsyncIterator["Arrivals"]:
        """Look inside the block."""
        looking = asyncio.create_task(self._look())
        try:
            yield self
        finally:
            looking.cancel()
            await asyncio.wait([looking])

    async def until_new(self, seconds: float = 300) -> None:
        """Return once a delivery is stored that was not when this was called."""
        seen = len(self.times)
        async with asyncio.timeout(seconds):
            while len(self.times) == seen:  # noqa: ASYNC110 - another task's progress
                await asyncio.sleep(_LOOK_SECONDS / 2)

    async def _look(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            delivered = int((await self.rig.ask(_DELIVERED))[0][0])
            if delivered > self.delivered:
                self.delivered = delivered
                self.times.append(clock())
            await asyncio.sleep(_LOOK_SECONDS)


def longest_gap(times: Sequence[float], since: float, until: float) -> float:
    """The longest time between `since` and `until` in which none of `times` lies. Pure."""
    inside = [time for time in times if since < time < until]
    return max(later - earlier for earlier, later in pairwise([since, *inside, until]))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed. Pure."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
