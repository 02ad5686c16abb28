"""A topic and a database of a test's own, and deliver between them."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import asyncpg
from aiokafka import AIOKafkaProducer
from confluent_kafka import Consumer, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic
from pydantic import SecretStr

from concordat.deliver.readiness import Readiness
from concordat.deliver.service import run_deliver
from concordat.kafka.topics import Topics
from concordat.postgres.roles import DELIVER
from concordat.runtime.settings import Settings
from concordat.stages.routed import RoutedRecord, write_routed
from integration.postgres.databases import Database

PARTITIONS = 3
PATIENCE_SECONDS = 30.0
TABLES = ("event", "repeat", "inbox", "delivery", "stub", "redecision", "unreadable_routed")


@dataclass(frozen=True)
class Exchange:
    """What deliver stands between; questions are asked as the superuser."""

    settings: Settings
    database: Database
    superuser: "asyncpg.Pool[asyncpg.Record]"
    admin: AdminClient

    @property
    def topic(self) -> str:
        """The test's own `routed`."""
        return Topics(self.settings.topic_prefix).routed

    @property
    def register(self) -> str:
        """The test's own `register`."""
        return Topics(self.settings.topic_prefix).register

    async def make_register(self) -> None:
        """Create it, empty."""
        made = self.admin.create_topics([NewTopic(self.register, 1, 1)])
        await asyncio.wrap_future(made[self.register])

    async def make_topic(self) -> None:
        """Create it and wait until it is there."""
        made = self.admin.create_topics([NewTopic(self.topic, PARTITIONS, 1)])
        await asyncio.wrap_future(made[self.topic])
        await until(self._topic_is_ready)

    async def delete_topic(self) -> None:
        """Delete it and wait until it is gone."""
        deleted = self.admin.delete_topics([self.topic])
        await asyncio.wrap_future(deleted[self.topic])
        await until(self._topic_is_gone)

    async def write(self, *records: RoutedRecord | bytes | None, partition: int = 0) -> None:
        """Append the records to one partition, in order, and wait until they are acknowledged."""
        producer = AIOKafkaProducer(bootstrap_servers=self.settings.kafka, acks="all")
        await producer.start()
        try:
            for record in records:
                value = write_routed(record) if isinstance(record, RoutedRecord) else record
                sent = await producer.send(self.topic, value=value, partition=partition, key=b"k")
            await sent
        finally:
            await producer.stop()

    @asynccontextmanager
    async def delivering(self, **options: Any) -> AsyncIterator["asyncio.Task[None]"]:
        """Deliver inside the block; its error is the task's."""
        stop = asyncio.Event()
        task = asyncio.ensure_future(run_deliver(self.settings, stop, **options))
        try:
            yield task
        finally:
            stop.set()
            with suppress(Exception):
                await task

    async def deliver_all(self, **options: Any) -> None:
        """Deliver until everything in the topic is consumed; raises what deliver raises."""
        async with self.delivering(**options) as task:
            await until(self.is_all_consumed, task)

    async def deliver_until_it_fails(self) -> None:
        """Deliver for as long as it goes; raises what deliver raises."""
        async with self.delivering() as task:
            await asyncio.wait_for(asyncio.shield(task), PATIENCE_SECONDS)

    async def is_all_consumed(self) -> bool:
        """Whether every partition's stored position is at its end."""
        return sum((await self.positions()).values()) == await self.written()

    async def written(self) -> int:
        """How many records the topic got."""
        return await asyncio.to_thread(_end_of, self.settings.kafka, self.topic)

    async def positions(self) -> dict[int, int]:
        """The stored position of each partition."""
        rows = await self.ask("SELECT partition, next_offset FROM concordat.consumed")
        return dict(rows)

    async def ask(self, query: str, *arguments: Any) -> list[tuple[Any, ...]]:
        """Rows as tuples."""
        return [tuple(row) for row in await self.superuser.fetch(query, *arguments)]

    async def stored(self) -> list[list[tuple[Any, ...]]]:
        """Everything that a replay must not change."""
        return [
            await self.ask(f"SELECT * FROM concordat.{table} ORDER BY 1, 2") for table in TABLES
        ]

    async def inbox(self, agency: str) -> list[tuple[int, str]]:
        """Number and event of each delivery to `agency`."""
        return await self.ask(
            "SELECT seq, event_id FROM concordat.delivery WHERE agency = $1 ORDER BY seq", agency
        )

    async def _topic_is_ready(self) -> bool:
        try:
            return await self.written() == 0
        except KafkaException:  # a partition has no leader yet
            return False

    async def _topic_is_gone(self) -> bool:
        return self.topic not in self.admin.list_topics(timeout=10).topics


@asynccontextmanager
async def open_exchange(kafka: str, database: Database) -> AsyncIterator[Exchange]:
    """With an empty topic and a fresh database."""
    settings = Settings(
        kafka=kafka,
        topic_prefix=f"t{uuid4().hex[:8]}.",
        postgres=SecretStr(database.dsn(DELIVER)),
    )
    async with asyncpg.create_pool(database.superuser, min_size=1, max_size=3) as superuser:
        admin = AdminClient({"bootstrap.servers": kafka})
        exchange = Exchange(settings, database, superuser, admin)
        await exchange.make_register()
        await exchange.make_topic()
        yield exchange


async def until(
    holds: Callable[[], Awaitable[bool]], task: "asyncio.Task[None] | None" = None
) -> None:
    """Wait until it holds; what ends `task` before ends the waiting."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not await holds():
        assert time.monotonic() < deadline, "waited too long"
        if task is not None and task.done():
            task.result()
            raise AssertionError("deliver ended")
        await asyncio.sleep(0.02)


async def ready(readiness: Readiness, task: "asyncio.Task[None]") -> None:
    """Wait until this deliver is the one that delivers."""

    async def holds() -> bool:
        return readiness.ready

    await until(holds, task)


def _end_of(kafka: str, topic: str) -> int:
    consumer = Consumer({"bootstrap.servers": kafka, "group.id": "ends"})
    try:
        places = [TopicPartition(topic, partition) for partition in range(PARTITIONS)]
        return sum(consumer.get_watermark_offsets(place, timeout=10)[1] for place in places)
    finally:
        consumer.close()
