"""The lag of a whole stack: of each stage from Kafka, of deliver and the inboxes from Postgres."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import asyncpg

from concordat.kafka.lag import Lag, Position, committed_positions, lag_of
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client
from concordat.streams.groups import group_of

TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class InboxLag:
    """Items nobody has collected yet, and the age of the oldest; both 0 for none.

    `overdue` counts those whose agreement wanted them collected by now, `overdue_since` is since
    when the oldest of them; what was withdrawn waits for nobody.
    """

    agency: str
    waiting: int
    age_seconds: float
    overdue: int = 0
    overdue_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class StackLag:
    """Everything that is waiting anywhere between a publisher and a recipient."""

    stages: list[Lag]
    inboxes: list[InboxLag]

    @property
    def behind(self) -> int:
        """Records that some stage has still to process."""
        return sum(each.behind for each in self.stages)


async def measure_lag(bootstrap: str, topics: Topics, auditor_dsn: str) -> StackLag:
    """Measure exactly, stage by stage in the order of the flow."""
    stages = await asyncio.to_thread(_stages, bootstrap, topics)
    connection = await asyncpg.connect(auditor_dsn, server_settings={"search_path": "concordat"})
    try:
        rows = await connection.fetch("SELECT partition, next_offset FROM consumed")
        consumed = {row["partition"]: row["next_offset"] for row in rows}
        stages += await asyncio.to_thread(_deliver, bootstrap, topics, consumed)
        return StackLag(stages, await inboxes_of(connection))
    finally:
        await connection.close()


def _stages(bootstrap: str, topics: Topics) -> list[Lag]:
    admin = admin_client(bootstrap)
    present = admin.list_topics(timeout=TIMEOUT).topics
    outboxes = [topic for topic in sorted(present) if topics.agency_of(topic)]
    found = []
    for stage, sources in (("admit", outboxes), ("route", [topics.incidents])):
        positions = committed_positions(admin, group_of(stage, topics), sources)
        found += lag_of(bootstrap, stage, positions)
    return found


def _deliver(bootstrap: str, topics: Topics, consumed: Mapping[int, int]) -> list[Lag]:
    known = admin_client(bootstrap).list_topics(timeout=TIMEOUT).topics
    partitions = known[topics.routed].partitions if topics.routed in known else []
    positions = [Position(topics.routed, each, consumed.get(each, 0)) for each in partitions]
    return lag_of(bootstrap, "deliver", positions)


async def inboxes_of(connection: asyncpg.Connection) -> list[InboxLag]:
    """Return the lag of every inbox, as the auditor sees them."""
    rows = await connection.fetch(
        """
        SELECT inbox.agency, count(delivery.seq) AS waiting,
               coalesce(extract(epoch FROM now() - min(delivery.numbered_at)), 0) AS age,
               count(*) FILTER (WHERE delivery.collect_by < now()) AS overdue,
               min(delivery.collect_by) FILTER (WHERE delivery.collect_by < now()) AS overdue_since
        FROM inbox LEFT JOIN delivery
          ON delivery.agency = inbox.agency AND delivery.purged_at IS NULL
         AND delivery.collected_at IS NULL AND delivery.acknowledged_at IS NULL
        GROUP BY inbox.agency ORDER BY inbox.agency
        """
    )
    return [
        InboxLag(
            row["agency"],
            row["waiting"],
            round(max(float(row["age"]), 0), 3),
            row["overdue"],
            row["overdue_since"],
        )
        for row in rows
    ]
