"""Bugs that the bar `kill-deliver` must find."""

from collections import Counter
from collections.abc import Sequence
from types import MappingProxyType
from typing import Any

import asyncpg
import pytest

from concordat.deliver import insert_deliveries, sql, store
from concordat.deliver.rows import DeliveryRow, Move
from concordat.deliver.store import DeliverStore
from concordat.inbox import read_inbox
from concordat.inbox.cursor import Cursor
from concordat.postgres.pool import agency_scope
from concordat.runtime.settings import Settings

_RESERVE = """
INSERT INTO concordat.inbox AS i (agency, last_seq)
SELECT * FROM unnest($1::text[], $2::bigint[])
ON CONFLICT (agency) DO UPDATE SET last_seq = i.last_seq + excluded.last_seq
RETURNING i.agency, i.last_seq
"""


class _Reserved:
    """The connection, but for the question for the last numbers, which is answered already."""

    def __init__(self, connection: Any, last: list[dict[str, Any]]) -> None:
        self._connection, self._last = connection, last

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, query: str, *arguments: Any) -> Any:
        if query == sql.LOCK_INBOXES:
            return self._last
        return await self._connection.fetch(query, *arguments)


def numbers_from_a_sequence(patch: pytest.MonkeyPatch) -> None:
    """Take numbers as a sequence gives them: before the transaction that uses them, for good."""
    insert = insert_deliveries.insert_deliveries

    async def unlocked(connection: Any, deliveries: Sequence[DeliveryRow]) -> list[DeliveryRow]:
        wanted = Counter(row.agency for row in deliveries)
        own = await asyncpg.connect(Settings().postgres.get_secret_value())
        taken = await own.fetch(_RESERVE, sorted(wanted), [wanted[each] for each in sorted(wanted)])
        await own.close()
        last = [
            {"agency": row["agency"], "last_seq": row["last_seq"] - wanted[row["agency"]]}
            for row in taken
        ]
        return await insert(_Reserved(connection, last), deliveries)  # type: ignore[arg-type]

    newest = sql.SET_LAST.replace("= n.last_seq", "= greatest(inbox.last_seq, n.last_seq)", 1)
    patch.setattr(sql, "SET_LAST", newest)
    patch.setattr(store, "insert_deliveries", unlocked)


def position_before_the_rows(patch: pytest.MonkeyPatch) -> None:
    """Move the position in a transaction of its own: who dies after it has lost the batch."""
    move = DeliverStore._move

    async def early(self: DeliverStore, _connection: Any, moves: Sequence[Move]) -> None:
        async with self._pool.acquire() as own:
            await move(self, own, moves)

    patch.setattr(DeliverStore, "_move", early)


def cursor_at_the_last_number(patch: pytest.MonkeyPatch) -> None:
    """Hand out the inbox's last number as the cursor of a page that was read before."""
    fetch = read_inbox._fetch

    async def ahead(caller: str, query: Any, after: Any, needs: Any) -> Any:
        fetched = await fetch(caller, query, after, needs)
        if fetched is None:
            return None
        async with agency_scope(needs.pool, caller) as connection:
            last = await connection.fetchval(
                "SELECT last_seq FROM concordat.inbox WHERE agency = $1", caller
            )
        cursor = Cursor(fetched.cursor.generation, last or 0)
        return read_inbox._Fetched(fetched.items, cursor)

    patch.setattr(read_inbox, "_fetch", ahead)


BUGS = MappingProxyType(
    {
        "numbers-from-a-sequence": numbers_from_a_sequence,
        "position-before-the-rows": position_before_the_rows,
        "cursor-at-the-last-number": cursor_at_the_last_number,
    }
)
