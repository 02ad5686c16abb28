"""The register topic as a log: read whole, appended to in order, acknowledged one by one."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from concordat.agreements.register import Register
from concordat.kafka.stop_consumer import stop_consumer
from concordat.kafka.topics import Topics
from concordat.runtime.clock import system_clock

HEADERS = [("content-type", b"application/json")]


@dataclass(frozen=True, slots=True)
class RegisterRecord:
    """One signed object under its key."""

    key: str
    value: bytes


class RegisterLog:
    """The register topic. The first record of a key that is admitted wins."""

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self._bootstrap, self._topic = bootstrap, topics.register

    async def read(self) -> Register:
        """Return what the log says up to its end."""
        register = Register()
        async for record in self._records():
            recorded_at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
            key = record.key.decode("utf-8", "replace") if record.key else None
            register.apply(key, record.value, offset=record.offset, recorded_at=recorded_at)
        return register

    async def append(self, records: Sequence[RegisterRecord]) -> int:
        """Write the records that the register would take now, in order; return how many.

        Nothing is written that it would refuse: what it holds already is not written again.
        """
        register, now = await self.read(), system_clock()
        fresh = [
            record
            for record in records
            if register.apply(
                record.key, record.value, offset=register.next_offset, recorded_at=now
            )
        ]
        if fresh:
            await self._write(fresh)
        return len(fresh)

    async def _records(self) -> AsyncIterator[Any]:
        partition = TopicPartition(self._topic, 0)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        await consumer.start()
        try:
            consumer.assign([partition])
            end = (await consumer.end_offsets([partition]))[partition]
            await consumer.seek_to_beginning(partition)
            while await consumer.position(partition) < end:
                batch = await consumer.getmany(partition, timeout_ms=500)
                for record in batch.get(partition, []):
                    yield record
        finally:
            await stop_consumer(consumer)

    async def _write(self, records: Sequence[RegisterRecord]) -> None:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, acks="all", enable_idempotence=True
        )
        await producer.start()
        try:
            for record in records:
                await producer.send_and_wait(
                    self._topic, record.value, key=record.key.encode(), headers=HEADERS
                )
        finally:
            await producer.stop()
