"""The loop of deliver: read a batch, store it with its position, again."""

import asyncio
from dataclasses import dataclass

from confluent_kafka import KafkaException

from concordat.deliver.errors import PartitionsChanged, RoutedLogChanged, TooManyFailures
from concordat.deliver.followed_logs import FollowedLogs
from concordat.deliver.hint import PositionHint, check_hint
from concordat.deliver.passing import PASSING
from concordat.deliver.position import LogIdentity, check_positions
from concordat.deliver.read_record import read_record
from concordat.deliver.readiness import Readiness
from concordat.deliver.rows import Batch, Decided, Move, Unreadable
from concordat.deliver.source import Fetched, RoutedSource
from concordat.deliver.store import DeliverStore, Hook
from concordat.runtime.logs import get_logger

MOST_FAILURES = 12
_FIRST_PAUSE_SECONDS, _LONGEST_PAUSE_SECONDS = 0.1, 5.0

log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DeliverParts:
    """What the loop is made of; the composition root builds them."""

    source: RoutedSource
    logs: FollowedLogs
    store: DeliverStore
    hint: PositionHint
    readiness: Readiness
    hook: Hook
    most_failures: int = MOST_FAILURES


class DeliverLoop:
    """Moves one log into one store. The hook is called at "consumed" and "committed"."""

    def __init__(self, parts: DeliverParts) -> None:
        self._source, self._logs = parts.source, parts.logs
        self._store, self._hint = parts.store, parts.hint
        self._readiness, self._hook = parts.readiness, parts.hook
        self._most_failures = parts.most_failures
        self._positions: dict[int, int] = {}
        self._came_before: dict[int, int] = {}

    async def run(self, stop: asyncio.Event) -> None:
        """Deliver until `stop`; a batch in hand is finished first.

        Raises `DeliverError` for what needs somebody, and every error that is not of `PASSING`.
        """
        failures = 0
        placed = False
        while not stop.is_set():
            try:
                if not placed:
                    await self._find_position()
                    placed = True
                await self._step()
                failures = 0
            except PASSING as error:
                placed = False
                failures += 1
                self._readiness.no("loop", "the last step failed and is tried again")
                log.warning("step failed", error=type(error).__name__, attempt=failures)
                if failures >= self._most_failures:
                    raise TooManyFailures(failures) from error
                await _pause(stop, failures)
        await self._hint.leave(self._positions)

    async def _find_position(self) -> None:
        """Read on where Postgres says.

        Raises `RoutedLogChanged` when that is nowhere, `DatabaseRestored` when it was further once.
        """
        identity, partitions = await self._source.describe()
        ranges = await self._source.ranges(partitions)
        stored, generation = await self._store.positions(), await self._store.generation()
        positions = check_positions(self._source.topic, stored, identity, ranges)
        hints = await self._hint.read()
        check_hint(self._source.topic, hints, stored, identity, generation)
        self._hint.of(identity, generation)
        # Before the database has new positions: what was forgotten on purpose was not restored.
        await self._hint.write(positions)
        await self._store.begin_at(positions)
        self._came_before = {each.partition: each.came_before for each in stored}
        self._source.read_from(positions)
        self._positions = positions
        self._readiness.yes("operator")
        self._readiness.yes("loop")
        behind = sum(ranges[one].end - offset for one, offset in positions.items())
        log.info("delivering", topic=self._source.topic, behind=behind)

    async def _step(self) -> None:
        fetched = await self._source.read()
        if fetched:
            self._hook("consumed")
            batch = await self._batch(fetched)
            await self._store.store(batch)
            self._positions.update({move.partition: move.next_offset for move in batch.moves})
            self._hook("committed")
            log.debug("stored", topic=self._source.topic, count=len(fetched))
        self._hint.keep_up(self._positions)

    async def _batch(self, fetched: list[Fetched]) -> Batch:
        ends = {record.partition: record.offset + 1 for record in fetched}
        moves = (Move(one, self._positions[one], end) for one, end in ends.items())
        records = await self._logs.part(list(map(self._record, fetched)))
        return Batch(records, tuple(moves), self._logs.incidents)

    def _record(self, fetched: Fetched) -> Decided | Unreadable:
        record = read_record(fetched.partition, fetched.offset, fetched.value)
        if isinstance(record, Decided) and fetched.offset < self._came_before.get(
            fetched.partition, 0
        ):
            return record.came_before()
        return record


async def watch_log(
    source: RoutedSource,
    known: LogIdentity,
    partitions: tuple[int, ...],
    readiness: Readiness,
    seconds: float,
) -> None:
    """Raise `RoutedLogChanged` or `PartitionsChanged` once the topic is another; never return."""
    while True:
        await asyncio.sleep(seconds)
        try:
            identity, now = await source.describe()
        except KafkaException:
            readiness.no("kafka", "Kafka does not answer")
            continue
        readiness.yes("kafka")
        if identity != known:
            raise RoutedLogChanged(source.topic, "it was made again")
        if now != partitions:
            raise PartitionsChanged(source.topic)


async def _pause(stop: asyncio.Event, failures: int) -> None:
    seconds = min(_FIRST_PAUSE_SECONDS * 2 ** (failures - 1), _LONGEST_PAUSE_SECONDS)
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return
