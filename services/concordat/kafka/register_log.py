"""Writing the register: append what is not there yet, acknowledged one by one, in order."""

from collections.abc import Sequence
from dataclasses import dataclass

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from concordat.kafka.topics import Topics


@dataclass(frozen=True, slots=True)
class RegisterRecord:
    """One signed object under its key."""

    key: str
    value: bytes


class RegisterLog:
    """The register topic as a log to append to. The first record of a key wins."""

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self._bootstrap, self._topic = bootstrap, topics.register

    async def keys(self) -> set[str]:
        """Every key written so far."""
        partition = TopicPartition(self._topic, 0)
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._bootstrap,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
        )
        found: set[str] = set()
        await consumer.start()
        try:
            consumer.assign([partition])
            end = (await consumer.end_offsets([partition]))[partition]
            await consumer.seek_to_beginning(partition)
            while await consumer.position(partition) < end:
                batch = await consumer.getmany(partition, timeout_ms=500)
                found.update(
                    record.key.decode() for record in batch.get(partition, []) if record.key
                )
        finally:
            await consumer.stop()
        return found

    async def append(self, records: Sequence[RegisterRecord]) -> int:
        """Write the records whose key is new, in order; return how many that were."""
        known = await self.keys()
        first: dict[str, RegisterRecord] = {}
        for record in records:
            first.setdefault(record.key, record)
        fresh = [record for key, record in first.items() if key not in known]
        if not fresh:
            return 0
        producer = AIOKafkaProducer(
            bootstrap_servers=self._bootstrap, acks="all", enable_idempotence=True
        )
        await producer.start()
        try:
            for record in fresh:
                await producer.send_and_wait(
                    self._topic,
                    record.value,
                    key=record.key.encode(),
                    headers=[("content-type", b"application/json")],
                )
        finally:
            await producer.stop()
        return len(fresh)
