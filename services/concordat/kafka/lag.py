"""How far each stage is behind, exactly: every offset is a record (no transactions)."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Lag:
    """`behind` counts unprocessed records; `age_seconds` is the oldest one's; both 0 for none."""

    stage: str
    topic: str
    behind: int
    age_seconds: float


@dataclass(frozen=True, slots=True)
class Position:
    """The next offset to process of one partition."""

    topic: str
    partition: int
    next_offset: int


def committed_positions(admin: AdminClient, group: str, topics: Iterable[str]) -> list[Position]:
    """Where a stage's group stands in each partition of `topics`; 0 where it never committed."""
    present = admin.list_topics(timeout=TIMEOUT).topics
    partitions = [
        TopicPartition(topic, number)
        for topic in topics
        if topic in present
        for number in present[topic].partitions
    ]
    if not partitions:
        return []
    request = ConsumerGroupTopicPartitions(group, partitions)
    answer = admin.list_consumer_group_offsets([request])[group].result(TIMEOUT)
    return [
        Position(each.topic, each.partition, max(each.offset, 0))
        for each in answer.topic_partitions or []
    ]


def lag_of(bootstrap: str, stage: str, positions: Sequence[Position]) -> list[Lag]:
    """Return the lag per topic: end minus position, and the first unprocessed record's age."""
    reader = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "concordat-lag",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "log_level": 3,
        }
    )
    try:
        return _lags(reader, stage, positions)
    finally:
        reader.close()


def _lags(reader: Consumer, stage: str, positions: Sequence[Position]) -> list[Lag]:
    behind: dict[str, int] = {}
    oldest: dict[str, int] = {}
    for position in positions:
        partition = TopicPartition(position.topic, position.partition)
        low, high = _watermarks(reader, partition)
        start = max(position.next_offset, low)
        behind[position.topic] = behind.get(position.topic, 0) + max(high - start, 0)
        if high > start:
            written = _written_at(reader, position, start)
            oldest[position.topic] = min(written, oldest.get(position.topic, written))
    now = time.time() * 1000
    return [
        Lag(stage, topic, count, round(max(now - oldest[topic], 0) / 1000, 3) if count else 0)
        for topic, count in sorted(behind.items())
    ]


def _watermarks(reader: Consumer, partition: TopicPartition) -> tuple[int, int]:
    """Ask, and ask again while a leader is being elected."""
    deadline = time.monotonic() + TIMEOUT
    while True:
        try:
            low, high = reader.get_watermark_offsets(partition, TIMEOUT, cached=False)
        except KafkaException as error:
            if not error.args[0].retriable() or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return int(low), int(high)


def _written_at(reader: Consumer, position: Position, start: int) -> int:
    """Return the log append time (ms) of the first unprocessed record."""
    reader.assign([TopicPartition(position.topic, position.partition, start)])
    deadline = time.monotonic() + TIMEOUT
    while time.monotonic() < deadline:
        for message in reader.consume(1, 0.5):
            if message.error() is None:
                return int(message.timestamp()[1])
    raise TimeoutError(f"{position.topic} did not give its record at {start}")
