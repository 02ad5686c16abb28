"""How far each stage is behind, exactly: every offset is a record.

But for the end of an agency's transaction, which is not told to anybody: it counts as none where
nothing else waits.
"""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from confluent_kafka import (
    Consumer,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

TIMEOUT = 30.0
NO_COORDINATOR = frozenset(
    {
        KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
        KafkaError.COORDINATOR_NOT_AVAILABLE,
        KafkaError.NOT_COORDINATOR,
        KafkaError._TIMED_OUT,  # noqa: SLF001 - librdkafka's own codes are spelt so
    }
)
NO_LEADER = frozenset(
    {
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError._TRANSPORT,  # noqa: SLF001
    }
)


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
    cluster = admin.list_topics(timeout=TIMEOUT)
    partitions = [
        TopicPartition(topic, number)
        for topic in topics
        if topic in cluster.topics
        for number in cluster.topics[topic].partitions
    ]
    if not partitions:
        return []
    brokers = ",".join(f"{broker.host}:{broker.port}" for broker in cluster.brokers.values())
    return [
        Position(each.topic, each.partition, max(each.offset, 0))
        for each in committed_offsets(brokers, group, partitions)
    ]


def committed_offsets(
    bootstrap: str, group: str, partitions: list[TopicPartition]
) -> Sequence[TopicPartition]:
    """Ask the group's coordinator, and again while there is none yet; blocks up to a minute.

    An offset is negative where nothing was committed. Raises KafkaException.
    """
    # Never through AdminClient.list_consumer_group_offsets: librdkafka 2.16 crashes the process
    # there when the coordinator is only starting, because that client has no group.
    asker = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": group,
            "enable.auto.commit": False,
            "log_level": 3,
        }
    )
    deadline = time.monotonic() + TIMEOUT
    try:
        while True:
            try:
                return asker.committed(partitions, timeout=TIMEOUT)
            except KafkaException as error:
                if error.args[0].code() not in NO_COORDINATOR or time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
    finally:
        asker.close()


def lag_of(bootstrap: str, stage: str, positions: Sequence[Position]) -> list[Lag]:
    """Return the lag per topic: end minus position, and the first unprocessed record's age."""
    reader = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "concordat-lag",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            # One record per partition is wanted, not the backlog: fetch little, and at once.
            "fetch.message.max.bytes": 64 * 1024,
            "fetch.queue.backoff.ms": 10,
            "fetch.wait.max.ms": 50,
            "enable.partition.eof": True,
            "log_level": 3,
        }
    )
    try:
        starts: dict[tuple[str, int], int] = {}
        behind = dict.fromkeys((position.topic for position in positions), 0)
        for position in positions:
            low, high = _watermarks(reader, TopicPartition(position.topic, position.partition))
            start = max(position.next_offset, low)
            behind[position.topic] += max(high - start, 0)
            if high > start:
                starts[position.topic, position.partition] = start
        oldest, empty = _oldest(reader, starts)
        for (topic, _), count in empty.items():
            behind[topic] -= count
    finally:
        reader.close()
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
            if error.args[0].code() not in NO_LEADER or time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return int(low), int(high)


def _oldest(
    reader: Consumer, starts: Mapping[tuple[str, int], int]
) -> tuple[dict[str, int], dict[tuple[str, int], int]]:
    """Return per topic the log append time (ms) of its first unprocessed record.

    And the partitions in which there is none up to the end, with the offsets that are left there.
    """
    waiting = set(starts)
    oldest: dict[str, int] = {}
    empty: dict[tuple[str, int], int] = {}
    if waiting:
        reader.assign([TopicPartition(*place, offset) for place, offset in starts.items()])
    deadline = time.monotonic() + TIMEOUT
    while waiting:
        if time.monotonic() > deadline:
            raise TimeoutError("the first unprocessed records could not be read")
        for message in reader.consume(100, 0.2):
            topic, partition = message.topic(), message.partition()
            if topic is None or partition is None or (topic, partition) not in waiting:
                continue
            error = message.error()
            if error is None:
                waiting.remove((topic, partition))
                reader.incremental_unassign([TopicPartition(topic, partition)])
                written = message.timestamp()[1]
                oldest[topic] = min(written, oldest.get(topic, written))
            elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001
                waiting.remove((topic, partition))
                empty[topic, partition] = (message.offset() or 0) - starts[topic, partition]
    return oldest, empty
