"""`routed` in Postgres: decisions, deliveries, numbers and position are one transaction."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

import asyncpg

from concordat.deliver import sql
from concordat.deliver.errors import NotTheWriter
from concordat.deliver.insert_deliveries import insert_deliveries
from concordat.deliver.insert_events import insert_events, insert_redecisions
from concordat.deliver.known_rows import read_known
from concordat.deliver.plan import plan
from concordat.deliver.position import LogIdentity, Position
from concordat.deliver.rows import Batch, Decided, Move, Unreadable
from concordat.kafka.topics import Topics
from concordat.postgres.pool import Pool, Scoped
from concordat.runtime.logs import get_logger

Hook = Callable[[str], None]

_ATTEMPTS = 5
_PAUSE_SECONDS = 0.05
log = get_logger(__name__)


def do_nothing(_point: str) -> None:
    """The hook of a process that nobody tests."""


class DeliverStore:
    """Stores batches of `routed` as the only writer; `log_identity` says of which log."""

    def __init__(
        self, pool: Pool, topics: Topics, log_identity: LogIdentity, hook: Hook = do_nothing
    ) -> None:
        self._pool = pool
        self._topic, self._incidents = topics.routed, topics.incidents
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
                row["came_before"],
            )
            for row in rows
        ]

    async def generation(self) -> str:
        """Return the generation of this database's inboxes."""
        return str(await self._pool.fetchval(sql.GENERATION))

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
            await self._still_follow(connection, batch.incidents)
            decided = [record for record in batch.records if isinstance(record, Decided)]
            await self._set_aside(connection, batch.records)
            planned = plan(decided, await read_known(connection, decided))
            if planned.ignored:
                log.warning("records of a replay ignored", count=planned.ignored)
            await insert_events(connection, planned)
            delivered = await insert_deliveries(connection, planned.deliveries)
            await insert_redecisions(connection, planned.redecisions, delivered)
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

    async def _still_follow(self, connection: Scoped, incidents: LogIdentity | None) -> None:
        """Raise `NotTheWriter` when the rows were parted from that log since the batch was made."""
        if incidents is None:
            return
        identity = incidents.cluster_id, incidents.topic_id
        if not await connection.fetch(sql.STILL_FOLLOWED, self._incidents, *identity):
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
