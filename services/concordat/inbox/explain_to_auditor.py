"""Any event explained to the auditor, from the database, the log and the register themselves."""

from collections.abc import Sequence
from datetime import datetime

from concordat.inbox.explain_event import EventExplanation, answer
from concordat.kafka.incident import IncidentLog
from concordat.kafka.register_feed import read_history
from concordat.kafka.topics import Topics
from concordat.postgres.admission import Admission, read_admissions
from concordat.postgres.delivered import auditing
from concordat.stages.explain_incident import explain_incident


class UnknownEvent(Exception):
    """No event was decided under this id."""


class SeveralEvents(Exception):
    """Several agencies published under this id: `publishers`."""

    def __init__(self, publishers: Sequence[str]) -> None:
        super().__init__("several agencies published under this id")
        self.publishers = publishers


async def explain_to_auditor(
    dsn: str,
    bootstrap: str,
    topics: Topics,
    event_id: str,
    *,
    at: datetime,
    publisher: str | None = None,
) -> EventExplanation:
    """Explain the event under the register as it was at `at`, a past instant.

    Raises `UnknownEvent`, `SeveralEvents` when `publisher` is needed, `NotThisEvent` when the log
    no longer holds it, `IncidentsUnavailable` and `TimeoutError` when Kafka does not answer.
    """
    admission = await _admission(dsn, event_id, publisher)
    value = await IncidentLog(bootstrap, topics).read(admission.partition, admission.offset)
    history = await read_history(bootstrap, topics)
    book = history.book_at(at)
    return answer(admission, explain_incident(value, admission.source, admission.id, book, at))


async def _admission(dsn: str, event_id: str, publisher: str | None) -> Admission:
    source = None if publisher is None else f"//{publisher}"
    async with auditing(dsn) as connection:
        found = await read_admissions(connection, event_id, source)
    if not found:
        raise UnknownEvent
    if len(found) > 1:
        raise SeveralEvents([each.source.removeprefix("//") for each in found])
    return found[0]
