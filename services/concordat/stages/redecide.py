"""An admitted event decided again, for one agency, as an operator's replay asks for."""

from datetime import datetime

import msgspec

from concordat.agreements.book import Book
from concordat.kafka.topics import Topics
from concordat.stages.record import JSON, Output, Record
from concordat.stages.route import UNDECODABLE, Turn
from concordat.stages.routed import RoutedRecord, write_routed


def redecide(
    record: Record, book: Book, now: datetime, *, agency: str, replay: str, content_key: bytes
) -> RoutedRecord:
    """Decide the admission `record` under `book` at `now`, and keep what concerns `agency`.

    A delivery has the id it always had. Nothing is shared or withheld when no agreement names the
    agency for such events. Never raises for what the record holds: as route, it withholds what it
    cannot read.
    """
    turn = Turn(book, now, content_key)
    try:
        routed = turn.decide(record)
    except UNDECODABLE:
        routed = turn.unreadable(record)
    return msgspec.structs.replace(
        routed,
        shared=[shared for shared in routed.shared if shared.agency == agency],
        withheld=[withheld for withheld in routed.withheld if withheld.agency == agency],
        replay=replay,
    )


def redecided_output(topics: Topics, record: Record, routed: RoutedRecord) -> Output:
    """What to write of the decision on `record`: to `routed`, after the first one of its case."""
    return Output(topics.routed, record.key or b"", write_routed(routed), JSON)
