"""GET /v1/inbox/{seq}: one item by its number."""

from typing import Annotated

from fastapi import APIRouter, Path, Response

from concordat.inbox.authentication import Caller
from concordat.inbox.cursor import MAX_SEQ
from concordat.inbox.dependencies import Dependencies, Needs
from concordat.inbox.inbox_rows import mark_collected, read_item
from concordat.inbox.page import PATH, write_item
from concordat.inbox.problems import ProblemError, ProblemFound, described, not_found
from concordat.inbox.stored_item import StoredItem, sort_items
from concordat.postgres.pool import agency_scope
from concordat_events.delivery import InboxItem

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

    410 with the reason when its agreement has stopped, whether or not it was read before.
    """
    async with agency_scope(needs.pool, caller) as connection:
        item = await read_item(connection, caller, seq)
        if item is None:
            raise not_found()
        _check_readable(item, caller, needs)
        await mark_collected(connection, caller, [seq])
    # P5: the last look at the book. Nothing may be awaited between here and the answer.
    _check_readable(item, caller, needs)
    return Response(write_item(item), media_type="application/json")


def _check_readable(item: StoredItem, caller: str, needs: Dependencies) -> None:
    items = sort_items([item], needs.book_now(), recipient=caller, now=needs.clock())
    for stub in items.stopped:
        raise ProblemFound(410, errors=[ProblemError(code=stub.reason, message=stub.because)])
