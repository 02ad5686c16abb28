"""For how long nothing came through, partition by partition: positions, seen in the database."""

import asyncio
import math
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import pairwise
from operator import eq

from faults.rig import Rig

_LOOK_SECONDS = 0.1
_POSITIONS = "SELECT partition, next_offset FROM concordat.consumed"


@dataclass
class Arrivals:
    """When records of each partition of `routed` were stored, to a tenth of a second.

    By the event loop's clock. A partition that stands still shows, whatever the others do.
    """

    rig: Rig
    positions: dict[int, int] = field(default_factory=dict)
    times: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))

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
        """Return once every partition has stored a record that it had not when this was called."""
        seen = [len(times) for times in self._every_partition()]
        async with asyncio.timeout(seconds):
            while any(map(eq, seen, map(len, self._every_partition()))):  # noqa: ASYNC110
                await asyncio.sleep(_LOOK_SECONDS / 2)

    @property
    def of_any(self) -> list[float]:
        """When a record of any partition was stored."""
        return sorted(time for times in self.times.values() for time in times)

    def _every_partition(self) -> list[list[float]]:
        routed = self.rig.exchange.topics.routed
        partitions = self.rig.exchange.plan_of(routed).partitions
        return [self.times[each] for each in range(partitions)]

    async def _look(self) -> None:
        clock = asyncio.get_running_loop().time
        while True:
            for partition, position in await self.rig.ask(_POSITIONS):
                if self.positions.get(partition) != position:
                    self.positions[partition] = position
                    self.times[partition].append(clock())
            await asyncio.sleep(_LOOK_SECONDS)


def longest_gap(times: Sequence[float], since: float, until: float) -> float:
    """The longest time between `since` and `until` in which none of `times` lies. Pure."""
    inside = [time for time in times if since < time < until]
    return max(later - earlier for earlier, later in pairwise([since, *inside, until]))


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of them does not exceed. Pure."""
    ordered = sorted(values)
    return ordered[max(math.ceil(share * len(ordered)) - 1, 0)]
