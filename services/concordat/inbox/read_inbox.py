"""GET /v1/inbox: what has arrived, in order, from a cursor; waits for arrivals if asked to."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from concordat.inbox.authentication import Caller
from concordat.inbox.clock_behind import CLOCK_BEHIND, clock_is_behind
from concordat.inbox.cursor import MAX_CURSOR_LENGTH, Cursor, NotACursor, read_cursor
from concordat.inbox.dependencies import Dependencies, Needs
from concordat.inbox.inbox_rows import last_number, mark_collected, read_generation, read_items
from concordat.inbox.page import PATH, link_after, write_page
from concordat.inbox.problems import ProblemFound, described, invalid, unavailable
from concordat.inbox.stored_item import BOOK_BEHIND, Sorted, judged_by, sort_items
from concordat.postgres.pool import agency_scope
from concordat_events.delivery import InboxPage

# A notification can be lost with its connection, so a waiting reader looks this often.
LOOK_AGAIN_SECONDS = 1.0
# A book that may be read under is at most this much behind (P5), so it soon knows enough.
BOOK_BEHIND_SECONDS, BOOK_TURN_SECONDS = 2.0, 0.05

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
    reason. So is a number that its item has left, with the item's number now: a released item, or
    one decided again, comes again at the end and says so under `arrived`. A page may hold fewer
    items than `limit` although there are more.
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
    started = time()
    while True:
        arrival = needs.arrivals.next(caller)
        fetched = await _fetch(caller, query, after, needs)
        if fetched is None:  # it would be wrong at once; another look tells
            if time() - started > max(query.wait, BOOK_BEHIND_SECONDS):
                raise unavailable(BOOK_BEHIND)
            await asyncio.sleep(BOOK_TURN_SECONDS)
            continue
        remaining = started + query.wait - time()
        if fetched.items.found or remaining <= 0 or needs.arrivals.closed:
            return fetched
        with suppress(TimeoutError):
            async with asyncio.timeout(min(remaining, LOOK_AGAIN_SECONDS)):
                await arrival.wait()
        if await request.is_disconnected():
            return fetched


async def _fetch(
    caller: str, query: InboxQuery, after: Cursor | None, needs: Dependencies
) -> _Fetched | None:
    """Return what is next; None when this book cannot judge it yet, or it moved meanwhile."""
    async with agency_scope(needs.pool, caller) as connection:
        if await clock_is_behind(connection, needs):
            raise unavailable(CLOCK_BEHIND)
        generation = await read_generation(connection)
        if after is not None and after.generation != generation:
            raise ProblemFound(409)
        start = after.seq if after else 0
        found = await read_items(
            connection, caller, after=start, limit=query.limit, acknowledged=query.all
        )
        if not found and start > await last_number(connection, caller):
            # It was issued, and the database does not know it: an older one was restored.
            raise ProblemFound(409)
        book = needs.book_now()
        entries = judged_by(found, book.register_offset)
        if found and not entries:
            return None
        # Marked before the answer leaves: rather one too many counted as a holder than one missed.
        now = sort_items(entries, book, recipient=caller, now=needs.clock())
        if not await mark_collected(connection, caller, now.readable):
            return None
    return _Fetched(now, Cursor(generation, entries[-1].seq if entries else start))


def _after(query: InboxQuery) -> Cursor | None:
    try:
        return read_cursor(query.after) if query.after is not None else None
    except NotACursor:
        raise invalid("WRONG_VALUE", "query.after", "is not a cursor of an inbox") from None
