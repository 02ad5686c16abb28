"""POST /v1/events: the publishing gateway, for an agency that does not speak Kafka."""

import asyncio
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict

from concordat.inbox.authentication import Caller
from concordat.inbox.dependencies import Needs, OutboxUnavailable
from concordat.inbox.problems import described, unavailable
from concordat.inbox.request_body import media_type_of, read_body
from concordat.inbox.submission import BATCH_MEDIA_TYPE, MAX_SUBMISSION_BYTES, read_submission
from concordat_events.envelope import MEDIA_TYPE
from concordat_events.fields import EventId

PATH = "/v1/events"

router = APIRouter()


class AcceptedEvent(BaseModel):
    """An event that is durable in the caller's outbox."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: EventId


class AcceptedEvents(BaseModel):
    """What was accepted: all that was sent, each id once."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    accepted: list[AcceptedEvent]


_EVENT: dict[str, Any] = {
    "type": "object",
    "description": "A CloudEvent 1.0 of a published type; its schema is under contracts/events.",
}


@router.post(
    PATH,
    status_code=202,
    summary="Publish events",
    responses=described(401, 403, 413, 415, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                MEDIA_TYPE: {"schema": _EVENT},
                BATCH_MEDIA_TYPE: {"schema": {"type": "array", "maxItems": 500, "items": _EVENT}},
            },
        }
    },
)
async def publish_events(
    caller: Caller, request: Request, response: Response, needs: Needs
) -> AcceptedEvents:
    """Publish one CloudEvent or a batch, as the agency of the token.

    202 once every event is durable. All or nothing is validated: one fault refuses the batch.
    After a 503 part of it may be durable; sending all of it again is harmless.
    """
    media_type = media_type_of(request, MAX_SUBMISSION_BYTES)
    body = await read_body(request, MAX_SUBMISSION_BYTES[media_type])
    # Validating 4 MiB takes a while in which others must be answered.
    submission = await asyncio.to_thread(
        read_submission, body, media_type, agency=caller, book=needs.book_now()
    )
    try:
        await needs.outbox.publish(caller, submission.events)
    except OutboxUnavailable:
        raise unavailable("The log cannot be written now; send the same again.") from None
    if media_type == MEDIA_TYPE:
        response.headers["Location"] = f"{PATH}/{submission.events[0].id}"
    return AcceptedEvents(accepted=[AcceptedEvent(id=event.id) for event in submission.events])
