"""Counting what is counted by its key: repeats of a record after a crash carry the same one."""

import time
from collections.abc import Collection

from confluent_kafka import Consumer, TopicPartition

TIMEOUT = 10.0


def distinct_keys(bootstrap: str, topics: Collection[str]) -> set[bytes]:
    """Return every key in `topics`, which must exist; raises `TimeoutError` when stuck."""
    reader = Consumer(
        {
            "bootstrap.servers": bootstrap,
            "group.id": "concordat-count",
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "log_level": 3,
        }
    )
    try:
        known = reader.list_topics(timeout=TIMEOUT).topics
        partitions = [
            TopicPartition(topic, number) for topic in topics for number in known[topic].partitions
        ]
        return {key for each in partitions for key in _keys(reader, each)}
    finally:
        reader.close()


def _keys(reader: Consumer, partition: TopicPartition) -> set[bytes]:
    position, high = reader.get_watermark_offsets(partition, TIMEOUT, cached=False)
    keys: set[bytes] = set()
    if position == high:
        return keys
    reader.assign([TopicPartition(partition.topic, partition.partition, position)])
    deadline = time.monotonic() + TIMEOUT
    while position < high:
        if time.monotonic() > deadline:
            raise TimeoutError(f"{partition.topic} could not be read to its end")
        for message in reader.consume(min(high - position, 10_000), 0.5):
            offset, key = message.offset(), message.key()
            if message.error() is None and offset is not None:
                position = offset + 1
                if key:
                    keys.add(key.encode() if isinstance(key, str) else key)
    return keys
