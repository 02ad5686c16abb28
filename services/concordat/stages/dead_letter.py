"""A record that no publisher can be told of: its place and why, never its contents."""

import msgspec

from concordat.stages.record import JSON, Output, Record


class DeadLetter(msgspec.Struct):
    """Operators see this and no more; the record itself stays where it is until retention."""

    stage: str
    topic: str
    partition: int
    offset: int
    reason: str
    size: int


def dead_letter(topic: str, stage: str, record: Record, reason: str) -> Output:
    """Return the dead letter for `record`; its key is the record's place, so repeats are known."""
    place = f"{record.topic}/{record.partition}/{record.offset}"
    letter = DeadLetter(
        stage, record.topic, record.partition, record.offset, reason, len(record.value or b"")
    )
    return Output(topic, place.encode(), msgspec.json.encode(letter), JSON)
