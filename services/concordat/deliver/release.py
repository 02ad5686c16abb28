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


async def release(pool: Pool, agency: str, held: Held, past: Past, hook: Hook) -> int:
    """Give every held item in one inbox a new number, all or none; return how many there were.

    They are placed at the end of `past`, where they may be read: so a second look, or a second
    process, finds nothing more to release. The hook is called at "releasing", before COMMIT.
    """
    async with pool.acquire() as connection, connection.transaction(isolation="read_committed"):
        [inbox] = await connection.fetch(sql.LOCK_INBOXES, [agency])
        rows = await _held_rows(connection, agency, held, past)
        if not rows:
            return 0
        last: int = inbox["last_seq"]
        stubs = [_stub(agency, row, seq) for seq, row in enumerate(rows, last + 1)]
        await insert_stubs(connection, stubs)
        moves = columns((stub.delivery_id, stub.moved_to) for stub in stubs)
        await connection.execute(sql.RELEASE, agency, past.register_offset, *moves)
        await set_last(connection, {agency: last + len(rows)})
        hook("releasing")
    hook("released")
    return len(rows)


def _stub(agency: str, row: Any, moved_to: int) -> StubRow:
    reason = Reason.RELEASED.value
    return StubRow(agency, row["seq"], row["id"], reason, moved_to, row["acknowledged_at"])


async def _held_rows(connection: Scoped, agency: str, held: Held, past: Past) -> list[Any]:
    groups = columns(
        (item.agreement, item.version, ",".join(item.shares), item.publisher, item.event_type)
        for item in held
    )
    today = london_day(past.now)
    return [
        row
        for row in await connection.fetch(sql.LOCK_OPEN, agency, *groups)
        # What the exchange may no longer hold would come again only to be refused.
        if (row["keep_until"] is None or row["keep_until"] >= today)
        and past.was_held(
            item := disclosed_of(row),
            Place(row["register_offset"], row["numbered_at"]),
            held[item],
        )
    ]
