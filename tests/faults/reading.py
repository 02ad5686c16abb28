"""A topic read record by record: the logs of a full bar are too large to hold."""

import time
from collections.abc import Iterator

from confluent_kafka import Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from concordat.kafka.messages import record_of
from concordat.stages.record import Record
from kafka_log import ends_of

_BATCH = 5000


def each_record(kafka: str, topic: str, seconds: float = 900) -> Iterator[Record]:
    """Yield what the topic holds now, each partition in its order."""
    settings = {"bootstrap.servers": kafka, "group.id": "test", "enable.auto.commit": False}
    ends = ends_of(AdminClient({"bootstrap.servers": kafka, "log_level": 3}), topic)
    missing = {number for number, end in ends.items() if end}
    reader = Consumer({**settings, "auto.offset.reset": "earliest", "log_level": 3})
    deadline = time.monotonic() + seconds
    try:
        reader.assign([TopicPartition(topic, number, 0) for number in missing])
        while missing:
            assert time.monotonic() < deadline, f"{topic} cannot be read to its end"
            for message in reader.consume(_BATCH, 0.2):
                assert message.error() is None, str(message.error())
                record = record_of(message)
                if record.offset < ends[record.partition]:
                    yield record
                if record.offset + 1 >= ends[record.partition]:
                    missing.discard(record.partition)
    finally:
        reader.close()
