"""The logs besides `routed` that rows speak of: places in `incidents`, offsets of `register`."""

import asyncio
from collections.abc import Mapping, Sequence

from confluent_kafka.admin import AdminClient

from concordat.deliver import sql
from concordat.deliver.columns import columns
from concordat.deliver.described_log import describe_logs
from concordat.deliver.errors import LogMadeAgain
from concordat.deliver.passing import PASSING
from concordat.deliver.position import LogIdentity
from concordat.deliver.rows import Decided, Unreadable
from concordat.kafka.topics import Topics
from concordat.postgres.pool import Connection, Pool, Scoped

Record = Decided | Unreadable

_ATTEMPTS, _PAUSE_SECONDS = 8, 0.1


class FollowedLogs:
    """Knows which logs they are from the first look on, and notices when one is another."""

    def __init__(self, admin: AdminClient, topics: Topics, pool: Pool) -> None:
        self._admin, self._topics, self._pool = admin, topics, pool
        self._incidents: str | None = None

    async def check(self) -> None:
        """Raise `LogMadeAgain` when a log is not the one that the database knows.

        A log that does not exist now is looked at when it does. Raises KafkaException, and what
        Postgres raises.
        """
        now = await followed_now(self._admin, self._topics)
        async with self._pool.acquire() as connection:
            known = await known_logs(connection)
            for topic, log in now.items():
                if known.get(topic, log) != log:
                    raise LogMadeAgain(topic)
            await follow(connection, now)
        followed = (known | now).get(self._topics.incidents)
        self._incidents = None if followed is None else followed.topic_id

    async def part(self, records: Sequence[Record]) -> tuple[Record, ...]:
        """Part from its place every admission in an `incidents` that is not the one of now.

        Raises `LogMadeAgain` when the one of now is not the one that the database knows, and what
        `check` raises.
        """
        if any(self._is_elsewhere(record) for record in records):
            await self.check()  # after it was decided in: so what is not this one is gone
        return tuple(
            record.parted()
            if isinstance(record, Decided) and self._is_elsewhere(record)
            else record
            for record in records
        )

    def _is_elsewhere(self, record: Record) -> bool:
        log = record.event.log if isinstance(record, Decided) else None
        return log is not None and log != self._incidents

    async def begin(self) -> None:
        """Check before anything is stored; what may pass is tried again, and raised in the end."""
        for attempt in range(1, _ATTEMPTS):
            try:
                return await self.check()
            except PASSING:
                await asyncio.sleep(attempt * _PAUSE_SECONDS)
        return await self.check()

    async def watch(self, seconds: float) -> None:
        """Check now and then; never return."""
        while True:
            await asyncio.sleep(seconds)
            try:
                await self.check()
            except PASSING:
                continue  # whoever works with it says that it is away


async def followed_now(admin: AdminClient, topics: Topics) -> dict[str, LogIdentity]:
    """Return which logs `incidents` and `register` are now, those that exist."""
    described = await describe_logs(admin, [topics.incidents, topics.register])
    return {name: log.identity for name, log in described.items()}


async def known_logs(connection: "Scoped | Connection") -> dict[str, LogIdentity]:
    """Return the logs that the database speaks of."""
    rows = await connection.fetch(sql.FOLLOWED_LOGS)
    return {row["topic"]: LogIdentity(row["cluster_id"], row["topic_id"]) for row in rows}


async def follow(connection: Scoped, logs: Mapping[str, LogIdentity]) -> None:
    """Remember these, unless a log of the name is known."""
    rows = [(topic, log.cluster_id, log.topic_id) for topic, log in logs.items()]
    if rows:
        await connection.execute(sql.FOLLOW_LOGS, *columns(rows))
