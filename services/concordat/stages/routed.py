"""The routed record: one decision with its deliveries, internal to the exchange."""

import msgspec

from concordat.agreements.decision import Withheld

# The decision and the record say it in the same words.
WithheldRecord = Withheld


class SharedRecord(msgspec.Struct, omit_defaults=True):
    """One delivery and what justifies it; `id` is the delivery's, `keepuntil` a London day.

    `collectby` is the instant by which the agreement wants it collected.
    """

    agency: str
    id: str
    agreement: str
    version: int
    digest: str
    law: str
    shares: list[str]
    fields: list[str]
    delivery: msgspec.Raw
    keepuntil: str | None = None
    collectby: str | None = None


class RoutedRecord(msgspec.Struct, omit_defaults=True):
    """What route says of one admission; `content` is hex, empty when unreadable.

    `replay` is the id of the operator's replay that had it decided again, for one agency. `grade`
    is the event's own, said only where a missing signature or a suspension withheld it: counted
    for operators, never served. `log` is the id of the `incidents` that the admission was read
    from, as it was asked last (a few seconds ago at most); None where it was not, as in a replay.
    """

    source: str
    id: str
    type: str
    subject: str
    time: str
    publisher: str
    admission: tuple[int, int]
    content: str
    register: int
    decided_at: str
    shared: list[SharedRecord]
    withheld: list[Withheld]
    synthetic: bool = False
    replay: str | None = None
    grade: str | None = None
    log: str | None = None


_decoder = msgspec.json.Decoder(RoutedRecord)
_encoder = msgspec.json.Encoder()


def read_routed(value: bytes) -> RoutedRecord:
    """Return the record; raises `msgspec.DecodeError` for anything else."""
    return _decoder.decode(value)


def write_routed(record: RoutedRecord) -> bytes:
    """Return the record as JSON."""
    return _encoder.encode(record)
