"""An admitted event explained: what route decides for it, said in full."""

from datetime import datetime

import msgspec

from concordat.agreements.book import Book
from concordat.agreements.explaining.explain import explain
from concordat.agreements.explaining.explanation import Explanation
from concordat.stages.route import Incident


class NotThisEvent(ValueError):
    """The record is not, or no longer, the event that was admitted at its place."""


def explain_incident(
    value: bytes | None, source: str, event_id: str, book: Book, now: datetime
) -> Explanation:
    """Explain the event of `source` under `event_id`, whose record in `incidents` is `value`.

    Raises `NotThisEvent` when it is another's: a log that was made anew numbers anew.
    """
    try:
        incident = msgspec.json.decode(value or b"", type=Incident)
        if (incident.source, incident.id) != (source, event_id):
            raise NotThisEvent
        denied = frozenset((incident.withholdfrom or "").split(","))
        publisher = source.removeprefix("//")
        return explain(book, incident.type, publisher, incident.data, denied, now)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise NotThisEvent from None
