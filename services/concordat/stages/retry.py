"""A dead letter's record put before its stage again, as an operator asks for: pure.

The stage itself answers, so a rehearsal is exact. Nothing is written to an outbox: the record that
stands there, in its own place, is what proves whose it is.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from concordat.agreements.book import Book
from concordat.kafka.topics import Topics
from concordat.stages.admit import admit_stage
from concordat.stages.record import Output, Record
from concordat.stages.route import UNDECODABLE, Turn
from concordat_events.envelope import CONTENT_TYPE, read_event, write_event
from concordat_events.faults import InvalidEvent


class Outcome(StrEnum):
    """What becomes of a record that is put before its stage again."""

    ADMITTED = "admitted"
    REFUSED = "refused"  # with a receipt: its publisher is told every fault
    ROUTED_AGAIN = "routed again"
    STORED_AGAIN = "written to be stored"
    UNCHANGED = "unchanged"  # the stage can do no more with it than before
    GONE = "gone"  # its topic no longer holds it

    @property
    def settles(self) -> bool:
        """Whether the dead letter is dealt with by it."""
        return self not in (Outcome.UNCHANGED, Outcome.GONE)


@dataclass(frozen=True, slots=True)
class Retried:
    """What came of it, and what is to be written if anything is."""

    outcome: Outcome
    output: Output | None = None


UNCHANGED = Retried(Outcome.UNCHANGED)


def retry_admit(record: Record, book: Book, now: datetime, topics: Topics) -> Retried:
    """Admit the record of an outbox, or refuse it with a receipt, as if it came in now.

    Admitted twice it is a repeat, without effect. It comes after what was admitted meanwhile.
    """
    (output,) = admit_stage(topics)([record], book, now)
    if output.topic == topics.dead_letters:
        return UNCHANGED
    admitted = output.topic == topics.incidents
    return Retried(Outcome.ADMITTED if admitted else Outcome.REFUSED, output)


def retry_route(record: Record, book: Book, now: datetime, topics: Topics) -> Retried:
    """Admit an incident anew that can be read now: its first admission was decided UNREADABLE.

    Only what passes the codec and a rehearsed decision: what is written is the event, re-encoded,
    never the bytes that stood there.
    """
    try:
        event = read_event(record.value, record.content_type)
        value = write_event(event)
        if event.publisher not in book.agencies:
            return UNCHANGED
        Turn(book, now, b"").decide(record._replace(value=value))
    except (InvalidEvent, *UNDECODABLE):
        return UNCHANGED
    output = Output(topics.incidents, event.subject.encode(), value, CONTENT_TYPE)
    return Retried(Outcome.ROUTED_AGAIN, output)
