"""GET /v1/events/{id}: what became of an event, told to its publisher."""

import re
from collections.abc import Iterator
from typing import Annotated, Literal

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict

from concordat.agreements.reason import Reason
from concordat.inbox.authentication import Caller
from concordat.inbox.dependencies import Needs
from concordat.inbox.event_rows import (
    DecidedEvent,
    SharedWith,
    WithheldFrom,
    read_decided_event,
)
from concordat.inbox.problems import described, not_found
from concordat.inbox.publish_events import PATH
from concordat.postgres.pool import agency_scope
from concordat_events.fields import OPAQUE, AgencyId, CaseRef, EventId, Instant

router = APIRouter()

_OPAQUE = re.compile(OPAQUE)


class Candidate(BaseModel):
    """What was decided for one agency: under which shares which fields, or why nothing.

    `replayed`: by an operator's replay, later than for the others. A replay that changed nothing
    for an agency is not told.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    agency: AgencyId
    outcome: Literal["shared", "withheld"]
    agreement: str | None = None
    version: int | None = None
    law: str | None = None
    shares: list[str] | None = None
    fields: list[str] | None = None
    reason: str | None = None
    because: str | None = None
    share: str | None = None
    field: str | None = None
    replayed: Literal[True] | None = None


class EventStatus(BaseModel):
    """The decision on an event.

    `repeats` counts later publications of the same contents: they have no effect. `conflicts`
    counts those of other contents under this id: nothing of them is delivered to anyone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: EventId
    type: str
    subject: CaseRef
    time: Instant
    decided_at: Instant
    register_offset: int
    repeats: int
    conflicts: int
    candidates: list[Candidate]


@router.get(
    PATH + "/{event_id}",
    summary="Ask what became of an event",
    response_model_exclude_none=True,
    responses=described(401, 403, 404, 422, 503),
)
async def read_event_status(
    caller: Caller, event_id: Annotated[str, Path(max_length=64)], needs: Needs
) -> EventStatus:
    """Return the decision on one of the caller's own events, for every candidate, with reasons.

    404 until it is decided, and for every event of another agency.
    """
    event: DecidedEvent | None = None
    if _OPAQUE.fullmatch(event_id):
        async with agency_scope(needs.pool, caller) as connection:
            event = await read_decided_event(connection, caller, event_id)
    if event is None:
        raise not_found()
    return _status(event)


def _status(event: DecidedEvent) -> EventStatus:
    return EventStatus(
        id=event.id,
        type=event.type,
        subject=event.subject,
        time=event.time,
        decided_at=event.decided_at,
        register_offset=event.register_offset,
        repeats=event.repeats,
        conflicts=event.conflicts,
        candidates=sorted(_candidates(event), key=lambda each: each.agency),
    )


def _candidates(event: DecidedEvent) -> Iterator[Candidate]:
    """The newest word on every delivery, and on every agency that was given none."""
    shared = {(each.agency, each.delivery_id): _shared(each) for each in event.shared}
    withheld = {each.agency: _withheld(each) for each in event.withheld}
    for again in event.redecisions:
        given = [each for each in again.shared if each.delivery_id in again.delivered]
        shared |= {(each.agency, each.delivery_id): _shared(each, True) for each in given}
        if given:
            withheld.pop(again.agency, None)
        elif again.agency not in {agency for agency, _ in shared}:
            withheld |= {each.agency: _withheld(each, True) for each in again.withheld}
    yield from shared.values()
    yield from withheld.values()


def _shared(shared: SharedWith, replayed: Literal[True] | None = None) -> Candidate:
    return Candidate(
        agency=shared.agency,
        outcome="shared",
        agreement=shared.agreement,
        version=shared.version,
        law=shared.law,
        shares=shared.shares,
        fields=shared.fields,
        replayed=replayed,
    )


def _withheld(withheld: WithheldFrom, replayed: Literal[True] | None = None) -> Candidate:
    return Candidate(
        agency=withheld.agency,
        outcome="withheld",
        agreement=withheld.agreement,
        version=withheld.version,
        reason=withheld.reason,
        because=Reason(withheld.reason).sentence,
        share=withheld.share,
        field=withheld.field,
        replayed=replayed,
    )
