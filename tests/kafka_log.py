"""Topics read to their end and written to, for tests."""

import time
from collections.abc import Iterable
from typing import NamedTuple

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from concordat_events.envelope import CONTENT_TYPE


class Written(NamedTuple):
    """One record as it stands in a topic."""

    topic: str
    partition: int
    offset: int
    key: bytes
    value: bytes
    content_type: str | None
    written_at: int


def ends_of(admin: AdminClient, topic: str, seconds: float = 60) -> dict[int, int]:
    """The end of each partition; asks again while a leader is being elected."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return _ends_of(admin, topic)
        except KafkaException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)


def _ends_of(admin: AdminClient, topic: str) -> dict[int, int]:
    known = admin.list_topics(topic, timeout=10).topics[topic].partitions
    latest = OffsetSpec.latest()  # type: ignore[no-untyped-call]
    answers = admin.list_offsets(
        {TopicPartition(topic, number): latest for number in known}, request_timeout=10
    )
    return {each.partition: answer.result(10).offset for each, answer in answers.items()}


def read_to_end(kafka: str, topic: str, seconds: float = 60) -> list[Written]:
    """Every record of `topic`, partition by partition, each in its order."""
    settings = {"bootstrap.servers": kafka, "group.id": "test", "enable.auto.commit": False}
    reader = Consumer({**settings, "auto.offset.reset": "earliest", "log_level": 3})
    try:
        ends = ends_of(AdminClient({"bootstrap.servers": kafka, "log_level": 3}), topic)
        missing = {number for number, end in ends.items() if end}
        reader.assign([TopicPartition(topic, number, 0) for number in missing])
        found: list[Written] = []
        deadline = time.monotonic() + seconds
        while missing:
            assert time.monotonic() < deadline, f"{topic} cannot be read to its end"
            for message in reader.consume(5000, 0.2):
                record = _written(message)
                found.append(record)
                if record.offset + 1 >= ends[record.partition]:
                    missing.discard(record.partition)
    finally:
        reader.close()
    return sorted(found, key=lambda record: (record.partition, record.offset))


def append(
    producer: Producer,
    topic: str,
    records: Iterable[tuple[bytes | None, bytes | None]],
    content_type: str | None = CONTENT_TYPE,
) -> list[KafkaError]:
    """Write keys and values, wait for the broker, and return what it refused."""
    refused: list[KafkaError] = []

    def answered(error: KafkaError | None, _message: Message) -> None:
        if error is not None:
            refused.append(error)

    headers: dict[str, str | bytes | None] = {"content-type": content_type} if content_type else {}
    for key, value in records:
        producer.produce(topic, value, key, headers=headers, on_delivery=answered)
        producer.poll(0)
    assert producer.flush(60) == 0, "the broker does not answer"
    return refused


def _written(message: Message) -> Written:
    assert message.error() is None, str(message.error())
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    assert topic is not None
    assert partition is not None
    assert offset is not None
    key, value = message.key() or b"", message.value() or b""
    assert isinstance(key, bytes)
    assert isinstance(value, bytes)
    headers = dict(message.headers() or [])
    content_type = headers.get("content-type")
    return Written(
        topic,
        partition,
        offset,
        key,
        value,
        content_type.decode() if isinstance(content_type, bytes) else None,
        message.timestamp()[1],
    )
