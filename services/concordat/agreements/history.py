"""The register's records in their order, so that any past state of it can be had again."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime

from concordat.agreements.book import Book, BookKeeper


@dataclass(frozen=True, slots=True)
class _Entry:
    key: str | None
    value: bytes | None
    offset: int
    recorded_at: datetime


class History:
    """Remembers every record; gives the book as it was at any instant."""

    def __init__(self) -> None:
        self._entries: list[_Entry] = []
        self._known_from: list[datetime] = []
        self._last: tuple[int, Book] = 0, Book(BookKeeper().register)

    def add(
        self, key: str | None, value: bytes | None, *, offset: int, recorded_at: datetime
    ) -> None:
        """Remember the next record of the register's log."""
        # A broker's clock may step back: nobody had read a record before the one ahead of it.
        known_from = max(recorded_at, self._known_from[-1]) if self._known_from else recorded_at
        self._entries.append(_Entry(key, value, offset, recorded_at))
        self._known_from.append(known_from)

    def book_at(self, instant: datetime) -> Book:
        """Return the book of the records that were recorded at or before `instant` (aware).

        Built anew, signature by signature, unless the last answer was the same.
        """
        count = bisect_right(self._known_from, instant)
        if self._last[0] != count:
            keeper = BookKeeper()
            for entry in self._entries[:count]:
                keeper.apply(
                    entry.key, entry.value, offset=entry.offset, recorded_at=entry.recorded_at
                )
            self._last = count, keeper.book
        return self._last[1]
