"""POST /v1/inbox/ack: the caller has taken these items over."""

from collections.abc import Callable
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from concordat.agreements.disclosure import Disclosed
from concordat.inbox.authentication import Caller
from concordat.inbox.cursor import MAX_SEQ
from concordat.inbox.dependencies import MAX_BOOK_AGE_SECONDS, Dependencies, Needs
from concordat.inbox.inbox_rows import acknowledge
from concordat.inbox.invalid_input import problem_of
from concordat.inbox.page import PATH
from concordat.inbox.problems import described, not_found
from concordat.inbox.request_body import JSON, media_type_of, read_body
from concordat.postgres.pool import agency_scope

MAX_BYTES = 16 * 1024

router = APIRouter()


class Acknowledgement(BaseModel):
    """The numbers of items in the caller's own inbox."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    seqs: Annotated[
        list[Annotated[int, Field(ge=1, le=MAX_SEQ)]], Field(min_length=1, max_length=500)
    ]


class Acknowledged(BaseModel):
    """The numbers that are acknowledged now, in order."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    acknowledged: list[int]


@router.post(
    PATH + "/ack",
    summary="Acknowledge items",
    responses=described(401, 403, 404, 413, 415, 422, 503),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {JSON: {"schema": Acknowledgement.model_json_schema()}},
        }
    },
)
async def acknowledge_items(caller: Caller, request: Request, needs: Needs) -> Acknowledged:
    """Acknowledge items; doing it again changes nothing.

    All or none: one number that is not in the caller's inbox answers 404 and does not say which.
    A stopped item can be acknowledged too, since that needs none of its contents: it comes again,
    unacknowledged, if it is released later. So can a number that its item has left; the item
    itself is not acknowledged by it.
    """
    media_type_of(request, [JSON])
    body = await read_body(request, MAX_BYTES)
    try:
        seqs = sorted(set(Acknowledgement.model_validate_json(body).seqs))
    except ValidationError as error:
        raise problem_of(error.errors(include_url=False, include_input=False)) from None
    async with agency_scope(needs.pool, caller) as connection:
        if not await acknowledge(connection, caller, seqs, _stopping(needs)):
            raise not_found()
    return Acknowledged(acknowledged=seqs)


def _stopping(needs: Dependencies) -> Callable[[Disclosed], bool]:
    """Whether an item may be a stub to its reader; under a book that is too old, all may."""
    if needs.feed.age() > MAX_BOOK_AGE_SECONDS:
        return lambda _item: True
    book, now = needs.feed.book, needs.clock()
    return cache(lambda item: book.why_stopped(item, now) is not None)
