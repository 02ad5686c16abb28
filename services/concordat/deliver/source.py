"""The topic `routed`, read from positions kept in Postgres; nothing is committed to Kafka."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from aiokafka import TopicPartition
from aiokafka.errors import OffsetOutOfRangeError
from confluent_kafka.admin import AdminClient

from concordat.deliver.described_log import describe_logs
from concordat.deliver.errors import RoutedLogChanged, RoutedTopicMissing
from concordat.deliver.position import LogIdentity, LogRange
from concordat.kafka.log_consumer import log_consumer
from concordat.kafka.patience import PATIENCE_MS
from concordat.kafka.stop_consumer import stop_consumer

MAX_RECORDS = 2000
_WAIT_MS = 200


@dataclass(frozen=True, slots=True)
class Fetched:
    """One record: its place and its bytes."""

    partition: int
    offset: int
    value: bytes | None


class RoutedSource:
    """A consumer of every partition of one topic."""

    def __init__(self, bootstrap: str, topic: str) -> None:
        self.topic = topic
        self._bootstrap = bootstrap
        quiet = logging.getLogger(__name__)
        self.admin = AdminClient(
            {"bootstrap.servers": bootstrap, "socket.timeout.ms": PATIENCE_MS}, logger=quiet
        )
        self._consumer: Any = None

    async def start(self) -> None:
        """Connect; raises aiokafka's errors."""
        self._consumer = log_consumer(
            self._bootstrap,
            check_crcs=True,
            max_partition_fetch_bytes=4 * 1024 * 1024,
            max_poll_records=MAX_RECORDS,
        )
        await self._consumer.start()

    async def stop(self) -> None:
        """Disconnect; idempotent."""
        if self._consumer is not None:
            await stop_consumer(self._consumer)

    async def describe(self) -> tuple[LogIdentity, tuple[int, ...]]:
        """Return which log this is, and its partitions.

        Raises `RoutedTopicMissing`; KafkaException when no broker answers.
        """
        described = await describe_logs(self.admin, [self.topic])
        if self.topic not in described:
            raise RoutedTopicMissing(self.topic)
        log = described[self.topic]
        return log.identity, log.partitions

    async def ranges(self, partitions: tuple[int, ...]) -> dict[int, LogRange]:
        """Return what the log holds of each partition now."""
        places = [TopicPartition(self.topic, partition) for partition in partitions]
        starts = await self._consumer.beginning_offsets(places)
        ends = await self._consumer.end_offsets(places)
        return {place.partition: LogRange(starts[place], ends[place]) for place in places}

    def read_from(self, positions: Mapping[int, int]) -> None:
        """Continue at these positions, of all partitions; what was fetched before is dropped."""
        places = {TopicPartition(self.topic, one): offset for one, offset in positions.items()}
        if self._consumer.assignment() != set(places):
            self._consumer.assign(list(places))
        for place, offset in places.items():
            self._consumer.seek(place, offset)

    async def read(self) -> list[Fetched]:
        """Return the next records, in the order of each partition; empty after a short wait.

        Raises `RoutedLogChanged` when a position is no longer in the log.
        """
        try:
            fetched = await self._consumer.getmany(timeout_ms=_WAIT_MS, max_records=MAX_RECORDS)
        except OffsetOutOfRangeError as error:
            raise RoutedLogChanged(self.topic, "a position is outside of it") from error
        return [
            Fetched(place.partition, record.offset, record.value)
            for place in sorted(fetched)
            for record in fetched[place]
        ]
