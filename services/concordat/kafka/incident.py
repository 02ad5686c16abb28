"""One admitted event out of the log, by its place."""

import asyncio

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError, OffsetOutOfRangeError

from concordat.kafka.log_consumer import log_consumer
from concordat.kafka.stop_consumer import stop_consumer
from concordat.kafka.topics import Topics

ANSWERED_WITHIN_SECONDS = 5.0
AT_A_TIME = 4


class IncidentsUnavailable(Exception):
    """The log did not answer in time."""


class IncidentLog:
    """Reads single records of `incidents`, each with a consumer of its own, a few at a time."""

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self._bootstrap, self._topic = bootstrap, topics.incidents
        self._turns = asyncio.Semaphore(AT_A_TIME)

    async def read(self, partition: int, offset: int) -> bytes | None:
        """Return the record's value; None when the log holds no record at that place (any more).

        Raises `IncidentsUnavailable` after 5 s.
        """
        try:
            async with asyncio.timeout(ANSWERED_WITHIN_SECONDS), self._turns:
                return await self._read(TopicPartition(self._topic, partition), offset)
        except OffsetOutOfRangeError:
            return None
        except (KafkaError, OSError, TimeoutError):
            raise IncidentsUnavailable from None

    async def _read(self, place: TopicPartition, offset: int) -> bytes | None:
        consumer = log_consumer(self._bootstrap)
        try:
            await consumer.start()
            consumer.assign([place])
            begin = (await consumer.beginning_offsets([place]))[place]
            end = (await consumer.end_offsets([place]))[place]
            if not begin <= offset < end:
                return None
            consumer.seek(place, offset)
            while True:
                batch = await consumer.getmany(place, timeout_ms=500, max_records=1)
                for record in batch.get(place, []):
                    value: bytes | None = record.value
                    return value if record.offset == offset else None
        finally:
            await stop_consumer(consumer)
