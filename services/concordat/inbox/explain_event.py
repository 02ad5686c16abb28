"""GET /v1/events/{id}/explanation: all that was considered for an event, told to its publisher."""

import re
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict

from concordat.agreements.book import Book
from concordat.agreements.explaining.explanation import CandidateExplained, Explanation
from concordat.inbox.admission_rows import read_admission
from concordat.inbox.authentication import Caller
from concordat.inbox.dependencies import Dependencies, Needs
from concordat.inbox.problems import ProblemFound, described, invalid, not_found, unavailable
from concordat.inbox.publish_events import PATH
from concordat.kafka.incident import IncidentsUnavailable
from concordat.postgres.admission import Admission
from concordat.postgres.pool import agency_scope
from concordat.stages.explain_incident import NotThisEvent, explain_incident
from concordat_events.fields import OPAQUE, CaseRef, EventId, Instant

router = APIRouter()

_OPAQUE = re.compile(OPAQUE)
GONE = (
    "The log no longer holds this event, so it cannot be considered again; "
    "what was decided for it is still told."
)


class ExplanationQuery(BaseModel):
    """`at`: the past instant to answer for; now, when it is left out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: Instant | None = None


class EventExplanation(BaseModel):
    """What is decided for the event at `at`, under the register's first `register_offset` records.

    `decided_at` is when it was decided in fact.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: EventId
    type: str
    subject: CaseRef
    time: Instant
    decided_at: Instant
    at: Instant
    register_offset: int
    candidates: tuple[CandidateExplained, ...]


@router.get(
    PATH + "/{event_id}/explanation",
    summary="Ask why an event went where it went",
    response_model_exclude_none=True,
    responses=described(401, 403, 404, 410, 422, 503),
)
async def read_explanation(
    caller: Caller,
    event_id: Annotated[str, Path(max_length=64)],
    query: Annotated[ExplanationQuery, Query()],
    needs: Needs,
) -> EventExplanation:
    """Return, for one of the caller's own events, each share and condition considered, per agency.

    404 until it is decided, and for every event of another agency. 410 when the log no longer
    holds the event.
    """
    now = needs.clock()
    if query.at is not None and query.at > now:
        raise invalid("WRONG_VALUE", "query.at", "is in the future")
    admission = await _admission(caller, event_id, needs)
    value = await _incident(admission, needs)
    book = await _book(query.at, needs)
    try:
        explanation = explain_incident(value, admission.source, admission.id, book, query.at or now)
    except NotThisEvent:
        raise ProblemFound(410, GONE) from None
    return answer(admission, explanation)


def answer(admission: Admission, explanation: Explanation) -> EventExplanation:
    """Say which event it is that is explained."""
    return EventExplanation(
        id=admission.id,
        type=admission.type,
        subject=admission.subject,
        time=admission.time,
        decided_at=admission.decided_at,
        at=explanation.at,
        register_offset=explanation.register_offset,
        candidates=explanation.candidates,
    )


async def _admission(caller: str, event_id: str, needs: Dependencies) -> Admission:
    admission: Admission | None = None
    if _OPAQUE.fullmatch(event_id):
        async with agency_scope(needs.pool, caller) as connection:
            admission = await read_admission(connection, caller, event_id)
    if admission is None:
        raise not_found()
    return admission


async def _incident(admission: Admission, needs: Dependencies) -> bytes | None:
    try:
        return await needs.incidents.read(admission.partition, admission.offset)
    except IncidentsUnavailable:
        raise unavailable("The log cannot be read now; try again.") from None


async def _book(at: datetime | None, needs: Dependencies) -> Book:
    book = needs.book_now()
    return book if at is None else await needs.feed.book_at(at)
