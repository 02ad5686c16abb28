"""The lag of a whole stack's stages: from Kafka, and of deliver from Postgres."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from confluent_kafka.admin import AdminClient

from concordat.deliver.progress import progress
from concordat.kafka.lag import Lag, Position, committed_positions, lag_of
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client
from concordat.postgres.delivered import auditing
from concordat.streams.groups import group_of

TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class StackLag:
    """Everything that is waiting anywhere between a publisher and the inboxes."""

    stages: list[Lag]

    @property
    def behind(self) -> int:
        """Records that some stage has still to process."""
        return sum(each.behind for each in self.stages)


async def measure_lag(bootstrap: str, topics: Topics, auditor_dsn: str) -> StackLag:
    """Measure exactly, stage by stage in the order of the flow."""
    stages = await asyncio.to_thread(_stages, bootstrap, topics)
    async with auditing(auditor_dsn) as connection:
        consumed = await progress(connection, topics.routed)
    stages += await asyncio.to_thread(_deliver, bootstrap, topics, consumed)
    return StackLag(stages)


def sources_of(admin: AdminClient, topics: Topics) -> dict[str, list[str]]:
    """Return the topics that each stage's group reads; deliver has no group."""
    present = admin.list_topics(timeout=TIMEOUT).topics
    outboxes = [topic for topic in sorted(present) if topics.agency_of(topic)]
    return {"admit": outboxes, "route": [topics.incidents]}


def _stages(bootstrap: str, topics: Topics) -> list[Lag]:
    admin = admin_client(bootstrap)
    found = []
    for stage, sources in sources_of(admin, topics).items():
        positions = committed_positions(admin, group_of(stage, topics), sources)
        found += lag_of(bootstrap, stage, positions)
    return found


def _deliver(bootstrap: str, topics: Topics, consumed: Mapping[int, int]) -> list[Lag]:
    known = admin_client(bootstrap).list_topics(timeout=TIMEOUT).topics
    partitions = known[topics.routed].partitions if topics.routed in known else []
    positions = [Position(topics.routed, each, consumed.get(each, 0)) for each in partitions]
    return lag_of(bootstrap, "deliver", positions)
