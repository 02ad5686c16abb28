"""An operator's replay: what was withheld from one agency is decided again, and delivered late."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from confluent_kafka import Producer

from concordat.agreements.book import Book
from concordat.deliver.progress import progress
from concordat.kafka.incidents_log import IncidentsLog, Stretch
from concordat.kafka.topics import Topics
from concordat.kafka.write_records import write_records
from concordat.postgres.pool import Pool
from concordat.postgres.replayed import count_given, read_admissions, read_copies
from concordat.runtime.clock import Clock, is_behind
from concordat.runtime.errors import ClockBehind
from concordat.stack.replay_count import ReplayCount, standing_of
from concordat.stack.replay_throttle import Throttle
from concordat.stages.record import Output, Record
from concordat.stages.redecide import redecide, redecided_output
from concordat.stages.routed import RoutedRecord
from concordat.streams.register_feed import StrictRegisterFeed

STORED_SECONDS = 120.0
# Between two batches live records get their turn.
BATCH = 250
# An event is known by its admission here: contents are compared where they were first decided.
_NO_COMPARISON = b""

Told = Callable[[int], None]


class NotStored(RuntimeError):
    """Deliver has not stored everything that was written; it will."""


class NoSuchAgency(LookupError):
    """The agency is not on the register."""


@dataclass(frozen=True, slots=True)
class ReplayParts:
    """What a replay is made of; the composition root builds them. `auditor` reads metadata."""

    log: IncidentsLog
    feed: StrictRegisterFeed
    producer: Producer
    auditor: Pool
    topics: Topics
    clock: Clock
    throttle: Throttle


class Replay:
    """Decides the admissions of `stretches` again for `agency`, each time under today's book.

    Live records go first: it is slow while any of them waits.
    """

    def __init__(
        self, parts: ReplayParts, replay: str, agency: str, stretches: Sequence[Stretch]
    ) -> None:
        self._parts, self.id, self._agency = parts, replay, agency
        self._stretches = stretches
        self._ends: dict[int, int] = {}

    async def rehearse(self, told: Told = lambda _count: None) -> ReplayCount:
        """Count what the replay would do, and write nothing.

        `told` hears how many admissions have been looked at so far. Raises `RegisterUnavailable`,
        `IncidentsUnreadable`, `NoSuchAgency` and what Postgres raises.
        """
        await asyncio.to_thread(self._book)  # says so at once where there is nothing to decide by
        count = ReplayCount()
        async for batch in self._batches():
            await self._decide(batch, count)
            told(count.admissions.total())
        return count

    async def write(self, told: Told = lambda _count: None) -> int:
        """Decide it all again and write what delivers; return how many deliveries got a number.

        The order of `incidents` is kept in every case. Writing again adds nothing. Also raises
        `NotAcknowledged`, and `NotStored` when deliver does not come to it within two minutes.
        """
        count = ReplayCount()
        async for batch in self._batches():
            outputs = await self._decide(batch, count)
            await asyncio.to_thread(self._write, outputs)
            told(count.admissions.total())
        await self._stored()
        return await count_given(self._parts.auditor, self._agency, self.id)

    async def _batches(self) -> AsyncIterator[list[Record]]:
        reading = self._parts.log.read(self._stretches)
        while read := await asyncio.to_thread(next, reading, None):
            for begin in range(0, len(read), BATCH):
                await self._parts.throttle.give_way()
                yield read[begin : begin + BATCH]

    async def _decide(self, batch: Sequence[Record], count: ReplayCount) -> list[Output]:
        """Count the batch; return what is to be written of it."""
        parts = self._parts
        book = await asyncio.to_thread(self._book)
        decided = self._redecided(batch, book, parts.clock())
        known = await read_admissions(
            parts.auditor, ((record.partition, record.offset) for record in batch)
        )
        ids = [shared.id for routed in decided for shared in routed.shared]
        copies = await read_copies(parts.auditor, self._agency, ids)
        outputs = []
        for record, routed in zip(batch, decided, strict=True):
            standing = standing_of((record.partition, record.offset), routed, known)
            if count.add(routed, standing, copies):
                outputs.append(redecided_output(parts.topics, record, routed))
        return outputs

    def _redecided(self, batch: Sequence[Record], book: Book, now: datetime) -> list[RoutedRecord]:
        return [
            redecide(
                record,
                book,
                now,
                agency=self._agency,
                replay=self.id,
                content_key=_NO_COMPARISON,
            )
            for record in batch
        ]

    def _book(self) -> Book:
        book = self._parts.feed.catch_up()
        if is_behind(self._parts.clock(), self._parts.feed.newest):
            raise ClockBehind("the clock is behind the newest log time")
        if self._agency not in book.agencies:
            raise NoSuchAgency(f"no agency {self._agency} is registered")
        return book

    def _write(self, outputs: Sequence[Output]) -> None:
        for place in write_records(self._parts.producer, outputs):
            self._ends[place.partition] = max(place.offset + 1, self._ends.get(place.partition, 0))

    async def _stored(self) -> None:
        """Wait until deliver has stored what was written."""
        deadline = time.monotonic() + STORED_SECONDS
        while True:
            stored = await progress(self._parts.auditor, self._parts.topics.routed)
            missing = [each for each, end in self._ends.items() if stored.get(each, 0) < end]
            if not missing:
                return
            if time.monotonic() > deadline:
                raise NotStored(
                    f"written, and not yet stored in {len(missing)} partitions: is deliver running?"
                )
            await asyncio.sleep(0.1)
