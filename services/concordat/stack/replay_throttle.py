"""A replay gives way: it stands still while live records wait."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from confluent_kafka import KafkaException

from concordat.stack.live_records import Waiting

MOST_SECONDS = 0.1
"""Live records that wait longer go first."""
PATIENCE_SECONDS = 120.0
_PAUSE_SECONDS = 0.05


class LiveRecordsWait(RuntimeError):
    """Live records have waited all the time: a replay would only make it worse."""


@dataclass(frozen=True, slots=True)
class Throttle:
    """Lets a replay go on while `oldest` live record waits less than `most_seconds`."""

    oldest: Callable[[], Awaitable[Waiting]]
    most_seconds: float = MOST_SECONDS
    patience_seconds: float = PATIENCE_SECONDS

    async def give_way(self) -> None:
        """Return once live records do not wait; raises `LiveRecordsWait` when they do for long.

        A broker that does not answer makes them wait too.
        """
        deadline = time.monotonic() + self.patience_seconds
        while (topic := await self._waiting()) is not None:
            if time.monotonic() > deadline:
                raise LiveRecordsWait(
                    f"records in {topic} have waited for {self.patience_seconds:g} s to be "
                    "processed, and come first"
                )
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _waiting(self) -> str | None:
        """The topic whose records wait too long."""
        try:
            topic, seconds = await self.oldest()
        except KafkaException:
            return "the log"
        return topic if seconds > self.most_seconds else None
