"""Items that were held come again: with new numbers at the end, in their old order, once."""

from collections.abc import Callable
from typing import Any

from concordat.agreements.day import london_day
from concordat.agreements.reason import Reason
from concordat.deliver import sql
from concordat.deliver.columns import columns
from concordat.deliver.held_items import Held
from concordat.deliver.insert_deliveries import insert_stubs, set_last
from concordat.deliver.open_items import disclosed_of
from concordat.deliver.past import Past, Place
from concordat.deliver.rows import StubRow
from concordat.postgres.pool import Pool, Scoped

Hook = Callable[[str], None]

# The inbox is locked for as long as this takes: about a quarter of a second.
MOST_AT_ONCE = 2000


async def release(pool: Pool, agency: str, held: Held, past: Past, hook: Hook) -> int:
    """Give every held item in one inbox a new number; return how many there were.

    A released item is placed at the end of `past`, where it may be read: so whoever looks again,
    after a crash or in a second process, finds only what is still to be released. The hook is
    called at "releasing", before each COMMIT, and "released".
    """
    released, after, newest = 0, 0, 0
    while True:
        async with pool.acquire() as connection, connection.transaction(isolation="read_committed"):
            [inbox] = await connection.fetch(sql.LOCK_INBOXES, [agency])
            newest = newest or inbox["last_seq"]  # what is above is new, or just released
            found = await connection.fetch(
                sql.LOCK_OPEN, agency, *_groups(held), after, MOST_AT_ONCE
            )
            rows = [row for row in found if _is_due(row, held, past)]
            if rows:
                await _renumber(connection, agency, rows, inbox["last_seq"], past.register_offset)
                hook("releasing")
        if rows:
            hook("released")
        released += len(rows)
        if len(found) < MOST_AT_ONCE or found[-1]["seq"] >= newest:
            return released
        after = found[-1]["seq"]


async def _renumber(
    connection: Scoped, agency: str, rows: list[Any], last: int, register_offset: int
) -> None:
    stubs = [_stub(agency, row, seq) for seq, row in enumerate(rows, last + 1)]
    await insert_stubs(connection, stubs)
    moves = columns((stub.delivery_id, stub.moved_to) for stub in stubs)
    await connection.execute(sql.RELEASE, agency, register_offset, *moves)
    await set_last(connection, {agency: last + len(rows)})


def _stub(agency: str, row: Any, moved_to: int) -> StubRow:
    reason = Reason.RELEASED.value
    return StubRow(agency, row["seq"], row["id"], reason, moved_to, row["acknowledged_at"])


def _groups(held: Held) -> list[list[Any]]:
    return columns(
        (item.agreement, item.version, ",".join(item.shares), item.publisher, item.event_type)
        for item in held
    )


def _is_due(row: Any, held: Held, past: Past) -> bool:
    # What the exchange may no longer hold would come again only to be refused.
    if row["keep_until"] is not None and row["keep_until"] < london_day(past.now):
        return False
    item, place = disclosed_of(row), Place(row["register_offset"], row["numbered_at"])
    return past.was_held(item, place, held[item])
