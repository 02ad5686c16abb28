"""Mistakes that zombie must find."""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import datetime

import pytest

from concordat.agreements.disclosure import Disclosed
from concordat.deliver import sql, store
from concordat.deliver.plan import Known
from concordat.deliver.rows import Decided
from concordat.deliver.writer_lock import WriterLock
from concordat.inbox import read_inbox, stored_item
from concordat.inbox.stored_item import Entry, Sorted, Standing, sort_items
from concordat.postgres.pool import Scoped
from faults.bar import Plant


def set_without_comparing(patch: pytest.MonkeyPatch) -> None:
    """Let deliver move a position wherever it stands, and not notice that its lock is gone.

    The lock alone makes a stale write rare, the compare-and-set makes it impossible.
    """

    async def asleep(_lock: WriterLock) -> None:
        await asyncio.Event().wait()

    patch.setattr(WriterLock, "watch", asleep)
    patch.setattr(sql, "MOVE", sql.MOVE.replace("AND c.next_offset = m.expected", ""))


def know_nothing(patch: pytest.MonkeyPatch) -> None:
    """Let deliver take every record for a first one."""

    async def nothing(_connection: Scoped, _decided: Sequence[Decided]) -> Known:
        return Known()

    patch.setattr(store, "read_known", nothing)


def look_at_no_book(patch: pytest.MonkeyPatch) -> None:
    """Let the inbox return what was withdrawn after it was stored."""

    class NothingStops:
        def why_stopped(self, _item: Disclosed, _now: datetime) -> None:
            return None

    def blind(
        entries: Iterable[Entry], _standing: Standing, *, recipient: str, now: datetime
    ) -> Sorted:
        return sort_items(entries, NothingStops(), recipient=recipient, now=now)

    patch.setattr(stored_item, "sort_items", blind)
    patch.setattr(read_inbox, "sort_items", blind)


BUGS: dict[str, Plant] = {
    "set-without-comparing": set_without_comparing,
    "know-nothing": know_nothing,
    "look-at-no-book": look_at_no_book,
}
