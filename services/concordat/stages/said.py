"""What an event says of itself, and whether it is so; asked also of one that is faulty besides."""

import re
from dataclasses import dataclass

from concordat.agreements.book import Book
from concordat_events.envelope import MAX_BYTES, Event
from concordat_events.faults import Fault, FaultCode, InvalidEvent
from concordat_events.fields import OPAQUE, SOURCE
from concordat_events.parsing import parse_json

_OPAQUE, _SOURCE = re.compile(OPAQUE), re.compile(SOURCE)
# What the refused bytes are is not agreed on: nothing in them counts.
_UNREADABLE = frozenset({FaultCode.CONTENT_TYPE, FaultCode.DUPLICATE_KEY, FaultCode.AND_MORE})


@dataclass(frozen=True, slots=True)
class Said:
    """Source, case and denied agencies; None where the event does not say it well-formed."""

    source: str | None = None
    subject: str | None = None
    denied: frozenset[str] = frozenset()


def said_by(event: Event) -> Said:
    """Return what a valid event says."""
    return Said(event.source, event.subject, event.denied)


def said_in(value: bytes | None, refused: InvalidEvent) -> Said:
    """Return what the bytes say that were refused."""
    if _UNREADABLE & {fault.code for fault in refused.faults}:
        return Said()
    try:
        parsed, _ = parse_json(value, MAX_BYTES)
    except InvalidEvent:
        return Said()
    if not isinstance(parsed, dict):
        return Said()
    source, subject = (parsed.get(name) for name in ("source", "subject"))
    denied = parsed.get("withholdfrom")
    return Said(
        source if isinstance(source, str) and _SOURCE.fullmatch(source) else None,
        subject if isinstance(subject, str) and _OPAQUE.fullmatch(subject) else None,
        frozenset(denied.split(",")) if isinstance(denied, str) and denied else frozenset(),
    )


def untrue(said: Said, agency: str, book: Book) -> list[Fault]:
    """Return what is wrong with it in the outbox of `agency`."""
    faults = []
    if said.source is not None and said.source != f"//{agency}":
        message = "is not the agency whose outbox the event came from"
        faults.append(Fault(FaultCode.WRONG_SOURCE, "source", message))
    if not said.denied <= book.agencies.keys():
        message = "names an agency that is not registered"
        faults.append(Fault(FaultCode.UNKNOWN_AGENCY, "withholdfrom", message))
    return faults


def wrong_key(said: Said, key: bytes | None) -> list[Fault]:
    """Return the fault of a record whose key is not the case."""
    if said.subject is None or key == said.subject.encode():
        return []
    return [Fault(FaultCode.WRONG_KEY, "subject", "is not the record's key")]
