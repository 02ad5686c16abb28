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
    """Knows which logs they are from the first look on, and notices when one is another.

    What was decided in an earlier `incidents` it parts from its place there.
    """

    def __init__(self, admin: AdminClient, topics: Topics, pool: Pool) -> None:
        self._admin, self._topics, self._pool = admin, topics, pool
        self._gone: set[str] = set()
        self.incidents: LogIdentity | None = None
        """The `incidents` that the database speaks of, as of the last look; None: there is none."""

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
        self.incidents = (known | now).get(self._topics.incidents)

    async def part(self, records: Sequence[Record]) -> tuple[Record, ...]:
        """Part from its place every admission in an `incidents` that is not the one of now.

        Raises `LogMadeAgain` when the one of now is not the one that the database knows, and what
        `check` raises.
        """
        others = {log for record in records if (log := _log_of(record))} - self._gone
        if others - self._now:
            await self.check()
            # Asked after it was decided in: what is not the one of now is gone, and never returns.
            self._gone |= others - self._now
        return tuple(map(self._parted, records))

    def _parted(self, record: Record) -> Record:
        if isinstance(record, Decided) and record.event.log in self._gone:
            return record.parted()
        return record

    @property
    def _now(self) -> set[str]:
        return set() if self.incidents is None else {self.incidents.topic_id}

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


def _log_of(record: Record) -> str | None:
    return record.event.log if isinstance(record, Decided) else None


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
