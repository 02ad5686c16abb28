"""GET /v1/inbox/{seq}: one item by its number."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from concordat.inbox.authentication import Caller
from concordat.inbox.clock_behind import CLOCK_BEHIND, clock_is_behind
from concordat.inbox.cursor import MAX_SEQ
from concordat.inbox.dependencies import Dependencies, Needs
from concordat.inbox.inbox_rows import mark_collected, read_item
from concordat.inbox.page import PATH, write_item
from concordat.inbox.problems import ProblemError, ProblemFound, described, not_found, unavailable
from concordat.inbox.stored_item import BOOK_BEHIND, Entry, StoredItem, judged_by, sort_items
from concordat.postgres.pool import agency_scope
from concordat_events.delivery import InboxItem, StoppedItem

router = APIRouter()

Seq = Annotated[int, Path(ge=1, le=MAX_SEQ)]


@router.get(
    PATH + "/{seq}",
    summary="Read one item",
    response_class=Response,
    responses={
        200: {"description": "The item", "model": InboxItem},
        **described(401, 403, 404, 410, 422, 503),
    },
)
async def read_inbox_item(caller: Caller, seq: Seq, needs: Needs) -> Response:
    """Return the item with this number in the caller's inbox.

    410 with the reason when its agreement has stopped, whether or not it was read before, and when
    the item has come again under a later number, which `detail` and a link then name.
    """
    item: StoredItem | None = None
    while item is None:
        item = await _read(caller, seq, needs)
    # P5: the last look at the book. Nothing may be awaited between here and the answer.
    _readable(item, caller, needs)
    return Response(write_item(item), media_type="application/json")


async def _read(caller: str, seq: int, needs: Dependencies) -> StoredItem | None:
    """Read and mark the item; None when it moved meanwhile."""
    async with agency_scope(needs.pool, caller) as connection:
        if await clock_is_behind(connection, needs):
            raise unavailable(CLOCK_BEHIND)
        entry = await read_item(connection, caller, seq)
        if entry is None:
            raise not_found()
        item = _readable(entry, caller, needs)
        return item if await mark_collected(connection, caller, [item]) else None


def _readable(entry: Entry, caller: str, needs: Dependencies) -> StoredItem:
    book = needs.book_now()
    if not judged_by([entry], book.register_offset):
        raise unavailable(BOOK_BEHIND)
    items = sort_items([entry], book, recipient=caller, now=needs.clock())
    for stub in items.stopped:
        raise _gone(stub)
    return items.readable[0]


def _gone(stub: StoppedItem) -> ProblemFound:
    error = ProblemError(code=stub.reason, message=stub.because)
    if stub.moved_to is None:
        return ProblemFound(410, errors=[error])
    detail = f"This item has come again as number {stub.moved_to}."
    link = f'<{PATH}/{stub.moved_to}>; rel="successor-version"'
    return ProblemFound(410, detail, [error], {"Link": link})
