"""Going on after a loss: the rows are parted from the log, or from the numbers, that are gone."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import asyncpg
from confluent_kafka.admin import AdminClient

from concordat.deliver import sql
from concordat.deliver.errors import (
    DatabaseRestored,
    RoutedLogChanged,
    WriterActive,
)
from concordat.deliver.followed_logs import followed_now, known_logs
from concordat.deliver.hint import HINT_GROUP, Hinted, PositionHint, check_hint
from concordat.deliver.position import LogIdentity, Position, check_positions
from concordat.deliver.source import RoutedSource
from concordat.deliver.writer_lock import open_writer_lock
from concordat.kafka.topics import Topics
from concordat.postgres.pool import Connection


@dataclass(frozen=True, slots=True)
class Losses:
    """What is not what the database speaks of, each with a sentence; None: it is.

    `logs` are `incidents` and `register` as they are now, where they are others.
    """

    database: str | None = None
    routed: str | None = None
    incidents: str | None = None
    register: str | None = None
    hints: Mapping[int, Hinted] = field(default_factory=dict)
    routed_log: LogIdentity | None = None
    logs: Mapping[str, LogIdentity] = field(default_factory=dict)

    @property
    def sentences(self) -> dict[str, str]:
        """What is lost, by its name."""
        lost = {
            "database": self.database,
            "routed": self.routed,
            "incidents": self.incidents,
            "register": self.register,
        }
        return {name: sentence for name, sentence in lost.items() if sentence is not None}


class Recovery:
    """Looks for losses and mends what the database says; nobody delivers meanwhile."""

    def __init__(self, connection: Connection, kafka: str, topics: Topics) -> None:
        self._connection, self._topics = connection, topics
        self._source = RoutedSource(kafka, topics.routed)
        self._hint = PositionHint(self._admin, kafka, topics.prefix + HINT_GROUP, topics.routed)

    @property
    def _admin(self) -> AdminClient:
        return self._source.admin

    async def find(self) -> Losses:
        """Return what is lost; raises `RoutedTopicMissing`, and Kafka's and Postgres' errors."""
        await self._source.start()
        try:
            log, partitions = await self._source.describe()
            ranges = await self._source.ranges(partitions)
        finally:
            await self._source.stop()
        stored, hints = await self._stored(), await self._hint.read()
        generation = str(await self._connection.fetchval(sql.GENERATION))
        database = routed = None
        try:
            check_hint(self._topics.routed, hints, stored, log, generation)
        except DatabaseRestored as error:
            database = str(error)
        try:
            check_positions(self._topics.routed, stored, log, ranges)
        except RoutedLogChanged as error:
            routed = str(error)
        now = await followed_now(self._admin, self._topics)
        known = await known_logs(self._connection)
        others = {topic: each for topic, each in now.items() if known.get(topic, each) != each}
        return Losses(
            database=database,
            routed=routed,
            incidents=_other(self._topics.incidents, others),
            register=_other(self._topics.register, others),
            hints=hints,
            routed_log=log,
            logs=others,
        )

    async def mend(self, losses: Losses) -> None:
        """Mend all that is lost, in one transaction; deliver can begin after it."""
        async with self._connection.transaction():
            if losses.database is not None:
                await self._renew_generation(losses)
            if losses.routed is not None:
                await self._connection.execute(_FORGET_POSITIONS, self._topics.routed)
            if losses.incidents is not None:
                for statement in _NO_PLACES:
                    await self._connection.execute(statement)
            if losses.register is not None:
                await self._connection.execute(_KNOW_NOTHING)
            for topic, log in losses.logs.items():
                await self._connection.execute(_FOLLOW, topic, log.cluster_id, log.topic_id)
        # Last: while it is there deliver does not begin, whatever happened in between.
        await self._hint.forget()

    async def _renew_generation(self, losses: Losses) -> None:
        """Every cursor ends; what may have come before is marked as such."""
        await self._connection.execute(_RENEW, secrets.token_hex(8))
        await self._connection.execute(_MARK_OPEN)
        for partition, hint in losses.hints.items():
            if losses.routed_log and hint.topic_id == losses.routed_log.topic_id:
                place = self._topics.routed, partition
                await self._connection.execute(_MARK_BEFORE, *place, hint.next_offset)

    async def _stored(self) -> list[Position]:
        rows = await self._connection.fetch(sql.POSITIONS, self._topics.routed)
        return [
            Position(
                row["partition"],
                row["next_offset"],
                LogIdentity(row["cluster_id"], row["topic_id"]),
            )
            for row in rows
        ]


@asynccontextmanager
async def open_recovery(dsn: str, kafka: str, topics: Topics) -> AsyncIterator[Recovery]:
    """As `concordat_deliver`; raises `WriterActive` while a process delivers."""
    async with open_writer_lock(dsn) as lock:
        if not await lock.take_soon():
            raise WriterActive
        # A session that says nothing for 10 s is ended, and its lock is anybody's.
        watching = asyncio.create_task(lock.watch())
        connection = await asyncpg.connect(dsn)
        try:
            yield Recovery(connection, kafka, topics)
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            await connection.close()


def _other(topic: str, others: Mapping[str, LogIdentity]) -> str | None:
    if topic not in others:
        return None
    return f"{topic} was deleted and made again, or is on another cluster"


_FORGET_POSITIONS = "DELETE FROM concordat.consumed WHERE topic = $1"
_RENEW = "UPDATE concordat.exchange SET generation = $1, created_at = now()"
_MARK_OPEN = "UPDATE concordat.delivery SET arrived = 'restored' WHERE acknowledged_at IS NULL"
_MARK_BEFORE = """
UPDATE concordat.consumed SET came_before = greatest(came_before, $3)
WHERE topic = $1 AND partition = $2
"""
_NO_PLACES = (
    """
UPDATE concordat.event SET admission_partition = NULL, admission_offset = NULL
WHERE admission_partition IS NOT NULL
""",
    """
UPDATE concordat.repeat SET admission_partition = NULL, admission_offset = NULL
WHERE admission_partition IS NOT NULL
""",
)
# The offsets are of a register that is gone: the one of now may judge everything.
_KNOW_NOTHING = "UPDATE concordat.delivery SET register_offset = 0 WHERE register_offset > 0"
_FOLLOW = """
INSERT INTO concordat.followed_log (topic, cluster_id, topic_id) VALUES ($1, $2, $3)
ON CONFLICT (topic) DO UPDATE SET cluster_id = excluded.cluster_id, topic_id = excluded.topic_id
"""
