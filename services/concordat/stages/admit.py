"""Admit: from every outbox to one log by case, re-encoded; or a receipt with every fault."""

import hashlib
import re
from collections.abc import Callable, Sequence
from datetime import datetime

from concordat.agreements.book import Book
from concordat.kafka.topics import Topics
from concordat.stages.dead_letter import dead_letter
from concordat.stages.record import Output, Record, Stage
from concordat.stages.said import Said, said_by, said_in, untrue, wrong_key
from concordat_events.envelope import CONTENT_TYPE, Event, read_event, write_event
from concordat_events.faults import Fault, FaultCode, InvalidEvent
from concordat_events.fields import OPAQUE
from concordat_events.parsing import parse_json
from concordat_events.receipt import Receipt, ReceiptFault, Refusal

_OPAQUE = re.compile(OPAQUE)


def examine(value: bytes | None, content_type: str | None, *, agency: str, book: Book) -> Event:
    """Return the event that `agency` published; raises `InvalidEvent` with every fault."""
    return _examine(value, content_type, lambda said: untrue(said, agency, book))


def _examine(
    value: bytes | None, content_type: str | None, untruths: Callable[[Said], list[Fault]]
) -> Event:
    faults: tuple[Fault, ...] = ()
    try:
        event = read_event(value, content_type)
        said = said_by(event)
    except InvalidEvent as refused:
        faults, said = refused.faults, said_in(value, refused)
    if found := (*faults, *untruths(said)):
        raise InvalidEvent(found)
    return event


def admit_stage(topics: Topics) -> Stage:
    """Return the admit stage. Every record gives one incident, one receipt or one dead letter."""

    def admit(records: Sequence[Record], book: Book, now: datetime) -> list[Output]:  # noqa: ARG001 - a stage
        return [_admit(record, book, topics) for record in records]

    return admit


def _admit(record: Record, book: Book, topics: Topics) -> Output:
    agency = topics.agency_of(record.topic)
    if agency is None or agency not in book.agencies:
        return dead_letter(topics.dead_letters, "admit", record, FaultCode.UNKNOWN_AGENCY)

    def untruths(said: Said) -> list[Fault]:
        return [*untrue(said, agency, book), *wrong_key(said, record.key)]

    try:
        event = _examine(record.value, record.content_type, untruths)
    except InvalidEvent as refused:
        return _receipt(record, agency, refused, topics)
    return Output(topics.incidents, event.subject.encode(), write_event(event), CONTENT_TYPE)


def _receipt(record: Record, agency: str, refused: InvalidEvent, topics: Topics) -> Output:
    place = f"{record.topic}/{record.partition}/{record.offset}".encode()
    receipt = Receipt(
        id=hashlib.blake2b(place, digest_size=16).hexdigest(),
        data=Refusal(
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            event_id=_opaque_id(record.value),
            faults=[
                ReceiptFault(code=f.code, path=f.path, message=f.message) for f in refused.faults
            ],
        ),
    )
    value = receipt.model_dump_json(exclude_none=True).encode()
    return Output(topics.receipts(agency), place, value, CONTENT_TYPE)


def _opaque_id(value: bytes | None) -> str | None:
    """Return the event's id if it can be told without repeating data: only an opaque one can."""
    try:
        parsed, ambiguous = parse_json(value, 1 << 20)
    except InvalidEvent:
        return None
    found = parsed.get("id") if isinstance(parsed, dict) and not ambiguous else None
    return found if isinstance(found, str) and _OPAQUE.fullmatch(found) else None
