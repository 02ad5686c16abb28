"""GET /v1/inbox: what has arrived, in order, from a cursor; waits for arrivals if asked to."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from concordat.inbox.authentication import Caller
from concordat.inbox.cursor import MAX_CURSOR_LENGTH, Cursor, NotACursor, read_cursor
from concordat.inbox.dependencies import Dependencies, Needs
from concordat.inbox.inbox_rows import mark_collected, read_generation, read_items
from concordat.inbox.page import PATH, link_after, write_page
from concordat.inbox.problems import ProblemFound, described, invalid
from concordat.inbox.stored_item import Sorted, sort_items
from concordat.postgres.pool import agency_scope
from concordat_events.delivery import InboxPage

# A notification can be lost with its connection, so a waiting reader looks this often.
LOOK_AGAIN_SECONDS = 1.0

router = APIRouter()


class InboxQuery(BaseModel):
    """How to read: `wait` seconds for the first arrival; `all` includes acknowledged items."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    after: Annotated[str | None, Field(max_length=MAX_CURSOR_LENGTH)] = None
    limit: Annotated[int, Field(ge=1, le=500)] = 100
    wait: Annotated[int, Field(ge=0, le=30)] = 0
    all: bool = False


@dataclass(frozen=True, slots=True)
class _Fetched:
    items: Sorted
    cursor: Cursor


@router.get(
    PATH,
    summary="Read the inbox",
    response_class=Response,
    responses={
        200: {"description": "A page of the inbox", "model": InboxPage},
        **described(401, 403, 409, 422, 503),
    },
)
async def read_inbox(
    caller: Caller, query: Annotated[InboxQuery, Query()], request: Request, needs: Needs
) -> Response:
    """Return the next items after a cursor, or from the oldest unacknowledged one.

    An item whose agreement has stopped is not returned: its number is in `stopped`, with the
    reason. A page may hold fewer items than `limit` although there are more.
    """
    fetched = await _wait_for_items(caller, query, request, needs)
    # P5: the last look at the book. Nothing may be awaited between here and the answer.
    items = fetched.items.sorted_again(needs.book_now(), recipient=caller, now=needs.clock())
    link = link_after(fetched.cursor, limit=query.limit, wait=query.wait, acknowledged=query.all)
    return Response(
        write_page(caller, items, fetched.cursor, link),
        media_type="application/json",
        headers={"Link": f'<{link}>; rel="next"'},
    )


async def _wait_for_items(
    caller: str, query: InboxQuery, request: Request, needs: Dependencies
) -> _Fetched:
    after = _after(query)
    time = asyncio.get_running_loop().time
    deadline = time() + query.wait
    while True:
        arrival = needs.arrivals.next(caller)
        fetched = await _fetch(caller, query, after, needs)
        remaining = deadline - time()
        if fetched.items.found or remaining <= 0 or needs.arrivals.closed:
            return fetched
        with suppress(TimeoutError):
            async with asyncio.timeout(min(remaining, LOOK_AGAIN_SECONDS)):
                await arrival.wait()
        if await request.is_disconnected():
            return fetched


async def _fetch(
    caller: str, query: InboxQuery, after: Cursor | None, needs: Dependencies
) -> _Fetched:
    async with agency_scope(needs.pool, caller) as connection:
        generation = await read_generation(connection)
        if after is not None and after.generation != generation:
            raise ProblemFound(409)
        start = after.seq if after else 0
        items = await read_items(
            connection, caller, after=start, limit=query.limit, acknowledged=query.all
        )
        # Marked before the answer leaves: rather one too many counted as a holder than one missed.
        now = sort_items(items, needs.book_now(), recipient=caller, now=needs.clock())
        if now.readable:
            await mark_collected(connection, caller, [item.seq for item in now.readable])
    return _Fetched(now, Cursor(generation, items[-1].seq if items else start))


def _after(query: InboxQuery) -> Cursor | None:
    try:
        return read_cursor(query.after) if query.after is not None else None
    except NotACursor:
        raise invalid("WRONG_VALUE", "query.after", "is not a cursor of an inbox") from None
