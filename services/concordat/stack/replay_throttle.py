"""A replay gives way: it is slow while live records wait."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from confluent_kafka import KafkaException

from concordat.stack.live_records import Waiting

MOST_SECONDS = 0.1
"""Live records that wait longer go first."""
SLOWEST_SECONDS = 1.0
"""So long one batch of a replay is held up at most: slow is no load, and comes to its end."""
_PAUSE_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class Throttle:
    """Holds a replay up between two batches while the `oldest` live record waits too long."""

    oldest: Callable[[], Awaitable[Waiting]]
    most_seconds: float = MOST_SECONDS
    slowest_seconds: float = SLOWEST_SECONDS

    async def give_way(self) -> None:
        """Return once no live record waits for long; after a while in any case."""
        deadline = time.monotonic() + self.slowest_seconds
        while await self._too_long() and time.monotonic() < deadline:  # noqa: ASYNC110
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _too_long(self) -> bool:
        """Whether live records wait too long; they do where the broker does not answer."""
        try:
            waiting = await self.oldest()
        except (KafkaException, TimeoutError):
            return True
        return waiting.seconds > self.most_seconds
