"""`routed` in Postgres: decisions, deliveries, numbers and position are one transaction."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import asyncpg

from concordat.deliver import sql
from concordat.deliver.errors import NotTheWriter
from concordat.deliver.plan import Known, Plan, number, plan
from concordat.deliver.position import LogIdentity, Position
from concordat.deliver.rows import Batch, Decided, DeliveryRow, EventRow, Move, Unreadable
from concordat.postgres.pool import Pool, Scoped
from concordat.runtime.logs import get_logger

Hook = Callable[[str], None]

_ATTEMPTS = 5
_PAUSE_SECONDS = 0.05
log = get_logger(__name__)


def do_nothing(_point: str) -> None:
    """The hook of a process that nobody tests."""


class DeliverStore:
    """Stores batches of one topic as the only writer; `log_identity` says of which log."""

    def __init__(
        self, pool: Pool, topic: str, log_identity: LogIdentity, hook: Hook = do_nothing
    ) -> None:
        self._pool = pool
        self._topic = topic
        self._log = log_identity
        self._hook = hook

    async def positions(self) -> list[Position]:
        """Return the stored position of every partition that was ever read."""
        rows = await self._pool.fetch(sql.POSITIONS, self._topic)
        return [
            Position(
                row["partition"],
                row["next_offset"],
                LogIdentity(row["cluster_id"], row["topic_id"]),
            )
            for row in rows
        ]

    async def begin_at(self, positions: Mapping[int, int]) -> None:
        """Store the positions of partitions that have none yet."""
        offsets = list(positions), list(positions.values())
        log_identity = self._log.cluster_id, self._log.topic_id
        await self._pool.execute(sql.BEGIN_AT, self._topic, *offsets, *log_identity)

    async def store(self, batch: Batch) -> None:
        """Store the whole batch or nothing; the hook is called at "stored", before COMMIT.

        A deadlock is tried again. Raises `NotTheWriter` when a position is not where the batch
        expects it, and asyncpg's errors: after one of those the position must be read again.
        """
        for attempt in range(1, _ATTEMPTS):
            try:
                return await self._store_once(batch)
            except (asyncpg.DeadlockDetectedError, asyncpg.SerializationError) as error:
                log.warning("batch tried again", code=error.sqlstate, attempt=attempt)
                await asyncio.sleep(attempt * _PAUSE_SECONDS)  # let the other one go first
        return await self._store_once(batch)

    async def _store_once(self, batch: Batch) -> None:
        async with (
            self._pool.acquire() as connection,
            connection.transaction(isolation="read_committed"),
        ):
            await self._move(connection, batch.moves)
            decided = [record for record in batch.records if isinstance(record, Decided)]
            await self._set_aside(connection, batch.records)
            planned = plan(decided, await _known(connection, decided))
            await _insert_events(connection, planned)
            await _insert_deliveries(connection, planned.deliveries)
            self._hook("stored")

    async def _move(self, connection: Scoped, moves: Sequence[Move]) -> None:
        moved = await connection.fetch(
            sql.MOVE,
            self._topic,
            [move.partition for move in moves],
            [move.expected for move in moves],
            [move.next_offset for move in moves],
            self._log.cluster_id,
            self._log.topic_id,
        )
        if len(moved) != len(moves):
            raise NotTheWriter

    async def _set_aside(self, connection: Scoped, records: Iterable[Decided | Unreadable]) -> None:
        bad = [record for record in records if isinstance(record, Unreadable)]
        if not bad:
            return
        places = [record.partition for record in bad], [record.offset for record in bad]
        reasons = [record.reason for record in bad]
        await connection.execute(sql.INSERT_UNREADABLE, self._topic, *places, reasons)
        for reason, count in Counter(reasons).items():
            log.error("routed records set aside", topic=self._topic, reason=reason, count=count)


async def _known(connection: Scoped, decided: Sequence[Decided]) -> Known:
    sources = [record.event.source for record in decided]
    ids = [record.event.id for record in decided]
    partitions = [record.event.admission[0] for record in decided]
    offsets = [record.event.admission[1] for record in decided]
    events = await connection.fetch(sql.KNOWN_EVENTS, sources, ids)
    admissions = await connection.fetch(sql.KNOWN_ADMISSIONS, partitions, offsets)
    return Known(
        {(row["source"], row["id"]): row["content"] for row in events},
        {(row["p"], row["o"]) for row in admissions},
    )


async def _insert_events(connection: Scoped, planned: Plan) -> None:
    if planned.events:
        # Sorted: two writers that meet wait for each other in one order.
        events = sorted(planned.events, key=lambda event: event.identity)
        inserted = await connection.fetch(sql.INSERT_EVENTS, *_event_columns(events))
        if len(inserted) != len(events):
            raise NotTheWriter
    if planned.repeats:
        rows = sorted(planned.repeats, key=lambda row: row.admission)
        columns = (
            (*row.admission, row.source, row.id, row.publisher, row.conflict) for row in rows
        )
        await connection.execute(sql.INSERT_REPEATS, *_columns(columns))


def _event_columns(events: Iterable[EventRow]) -> list[list[Any]]:
    return _columns(
        (
            event.source,
            event.id,
            event.publisher,
            event.type,
            event.subject,
            event.event_time,
            event.synthetic,
            event.content,
            *event.admission,
            event.register_offset,
            event.decided_at,
            event.shared,
            event.withheld,
        )
        for event in events
    )


async def _insert_deliveries(connection: Scoped, deliveries: Sequence[DeliveryRow]) -> None:
    if not deliveries:
        return
    agencies = sorted({delivery.agency for delivery in deliveries})
    await connection.execute(sql.OPEN_INBOXES, agencies)
    locked = await connection.fetch(sql.LOCK_INBOXES, agencies)
    last = {row["agency"]: row["last_seq"] for row in locked}
    wanted = [delivery.agency for delivery in deliveries], [one.id for one in deliveries]
    taken = await connection.fetch(sql.TAKEN_IDS, *wanted)
    numbered, counters = number(deliveries, last, {(row["agency"], row["id"]) for row in taken})
    if len(numbered) != len(deliveries):
        log.error("delivery ids were taken", count=len(deliveries) - len(numbered))
    if not numbered:
        return
    await connection.execute(sql.INSERT_DELIVERIES, *_columns(map(_numbered_row, numbered)))
    await connection.execute(sql.SET_LAST, list(counters), list(counters.values()))
    await connection.execute(sql.NOTIFY, list(counters))


def _numbered_row(numbered: tuple[int, DeliveryRow]) -> tuple[Any, ...]:
    seq, row = numbered
    who = (seq, row.agency, row.id, row.source, row.event_id, row.publisher, row.subject)
    under = (row.event_type, row.agreement, row.version, row.law, row.shares)
    return (*who, *under, row.body, row.keep_until)


def _columns(rows: Iterable[tuple[Any, ...]]) -> list[list[Any]]:
    """Rows as one array a column, which is what `unnest` takes."""
    return [list(column) for column in zip(*rows, strict=True)]
