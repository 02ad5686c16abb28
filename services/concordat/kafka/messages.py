"""A message of the client library as a record of ours."""

from confluent_kafka import Message

from concordat.stages.record import Record


def record_of(message: Message) -> Record:
    """Return the record in `message`, which has no error."""
    topic, partition, offset = message.topic(), message.partition(), message.offset()
    # The client types these as optional; a consumed message without an error has them all.
    assert topic is not None
    assert partition is not None
    assert offset is not None
    key, value = message.key(), message.value()
    return Record(
        topic,
        partition,
        offset,
        key.encode() if isinstance(key, str) else key,
        value.encode() if isinstance(value, str) else value,
        _content_type(message),
        message.timestamp()[1],
    )


def _content_type(message: Message) -> str | None:
    headers = message.headers() or []
    pairs = headers.items() if isinstance(headers, dict) else headers
    found = None
    for name, value in pairs:
        if name == "content-type" and value is not None:
            found = value if isinstance(value, str) else value.decode("ascii", "replace")
    return found
