"""How long live records wait for admit, route and deliver: what a replay must not make longer."""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from typing import NamedTuple

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from concordat.deliver.progress import progress
from concordat.kafka.group_looks import ends_of
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client
from concordat.postgres.pool import Pool
from concordat.streams.groups import group_of

_ANSWER_SECONDS = 10.0
_TOPICS_SECONDS = 5.0  # a new outbox is heeded that soon


class Place(NamedTuple):
    """One partition of a topic."""

    topic: str
    partition: int


class Waiting(NamedTuple):
    """The topic whose oldest unprocessed record has waited longest, and how long; 0 for none."""

    topic: str
    seconds: float


class EndsSeen:
    """When each partition was seen to grow: what waits has an age without being read.

    A record is as old as the first look that saw it, so an age is never said too long.
    """

    def __init__(self) -> None:
        self._seen: defaultdict[Place, deque[tuple[int, float]]] = defaultdict(deque)

    def look(self, ends: Mapping[Place, int], positions: Mapping[Place, int], at: float) -> Waiting:
        """Remember the ends at the instant `at`; return what waits beyond `positions`."""
        longest = Waiting("", 0.0)
        for place, end in ends.items():
            seen = self._seen[place]
            if not seen or end > seen[-1][0]:
                seen.append((end, at))
            while seen and seen[0][0] <= positions.get(place, 0):
                seen.popleft()
            if seen and at - seen[0][1] >= longest.seconds:
                longest = Waiting(place.topic, at - seen[0][1])
        return longest


class LiveRecords:
    """Asks the broker for ends and committed offsets, and the database for deliver's position."""

    def __init__(self, kafka: str, topics: Topics, auditor: Pool) -> None:
        self._topics, self._auditor = topics, auditor
        self._admin: AdminClient = admin_client(kafka)
        self._groups = {stage: _member(kafka, stage, topics) for stage in ("admit", "route")}
        self._asked: dict[str, list[TopicPartition]] = {}
        self._asked_until = 0.0
        self._seen = EndsSeen()

    def close(self) -> None:
        """Close the clients; idempotent."""
        while self._groups:
            self._groups.popitem()[1].close()

    async def oldest(self) -> Waiting:
        """Return what waits longest; raises `KafkaException`, `TimeoutError`, Postgres's errors."""
        if time.monotonic() > self._asked_until:
            self._asked = await asyncio.to_thread(self._partitions)
            self._asked_until = time.monotonic() + _TOPICS_SECONDS
        positions = await self._positions()
        # Asked after the positions: a record that is stored meanwhile counts as waiting, for now.
        ends = await asyncio.to_thread(ends_of, self._admin, positions)
        found = {Place(*place): end for place, end in ends.items()}
        return self._seen.look(found, positions, time.monotonic())

    def _partitions(self) -> dict[str, list[TopicPartition]]:
        """By stage, what it reads."""
        known = self._admin.list_topics(timeout=_ANSWER_SECONDS).topics
        outboxes = [name for name in known if self._topics.agency_of(name) is not None]
        return {
            stage: [TopicPartition(name, one) for name in names for one in known[name].partitions]
            for stage, names in (("admit", outboxes), ("route", [self._topics.incidents]))
        }

    async def _positions(self) -> dict[Place, int]:
        admitted, routed, stored = await asyncio.gather(
            asyncio.to_thread(self._committed, "admit"),
            asyncio.to_thread(self._committed, "route"),
            progress(self._auditor, self._topics.routed),
        )
        delivered = {Place(self._topics.routed, one): at for one, at in stored.items()}
        return admitted | routed | delivered

    def _committed(self, stage: str) -> dict[Place, int]:
        asked = self._asked[stage]
        answers = self._groups[stage].committed(asked, _ANSWER_SECONDS) if asked else ()
        return {Place(each.topic, each.partition): max(each.offset, 0) for each in answers}


def _member(kafka: str, stage: str, topics: Topics) -> Consumer:
    """A client that asks for the stage's offsets and never joins its group."""
    return Consumer(
        {
            "bootstrap.servers": kafka,
            "group.id": group_of(stage, topics),
            "enable.auto.commit": False,
            "log_level": 3,
        }
    )
