"""An inbox item as it is stored, and whether it may be read now."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from concordat.agreements.day import london_day
from concordat.agreements.disclosure import Disclosed
from concordat.agreements.reason import Reason
from concordat_events.delivery import StoppedItem


class Standing(Protocol):
    """What says whether an item may be read: the book."""

    def why_stopped(self, item: Disclosed, now: datetime) -> Reason | None:
        """None when `item` may be read now; else why not."""
        ...


@dataclass(frozen=True, slots=True)
class StoredItem:
    """One row of an inbox; `body` is the delivery as JSON text, exactly as it was decided.

    `shares` are the ids of the shares that gave it, with commas between. `body` is None once it was
    purged. `register_offset` says how many register records must be known to judge it.
    """

    seq: int
    acknowledged: bool
    publisher: str
    agreement: str
    version: int
    shares: str
    event_type: str
    body: str | None
    keep_until: date | None = None
    arrived: str | None = None
    register_offset: int = 0
    collected: bool = False

    def disclosed_to(self, recipient: str) -> Disclosed:
        """What the book is asked: the item as it was decided, without its contents."""
        return Disclosed(
            agreement=self.agreement,
            version=self.version,
            shares=tuple(self.shares.split(",")),
            publisher=self.publisher,
            recipient=recipient,
            event_type=self.event_type,
        )


@dataclass(frozen=True, slots=True)
class MovedItem:
    """A number that its item has left, why, and which number the item has now."""

    seq: int
    reason: Reason
    moved_to: int

    @property
    def stub(self) -> StoppedItem:
        """What a reader is shown in its place."""
        because = self.reason.sentence
        return StoppedItem(
            seq=self.seq, reason=self.reason.value, because=because, moved_to=self.moved_to
        )


BOOK_BEHIND = "The item was decided under a newer register than is read here; try again."

Entry = StoredItem | MovedItem
"""What a number of an inbox leads to."""


@dataclass(frozen=True, slots=True)
class Sorted:
    """Items that may be read, and stubs for those that may not; both in order of `seq`."""

    readable: list[StoredItem]
    stopped: list[StoppedItem]

    @property
    def found(self) -> bool:
        """Whether there is anything, readable or stopped."""
        return bool(self.readable or self.stopped)

    def sorted_again(self, standing: Standing, *, recipient: str, now: datetime) -> "Sorted":
        """Stop what may no longer be read. What was stopped before stays so in this answer:
        it has not been marked as collected.
        """
        again = sort_items(self.readable, standing, recipient=recipient, now=now)
        stopped = sorted([*self.stopped, *again.stopped], key=lambda stub: stub.seq)
        return Sorted(again.readable, stopped)


def sort_items(
    entries: Iterable[Entry], standing: Standing, *, recipient: str, now: datetime
) -> Sorted:
    """Sort `entries` of `recipient` into readable and stopped, as `standing` says at `now`."""
    known: dict[Disclosed, Reason | None] = {}
    result = Sorted([], [])
    for entry in entries:
        if isinstance(entry, MovedItem):
            result.stopped.append(entry.stub)
            continue
        disclosed = entry.disclosed_to(recipient)
        if disclosed not in known:
            known[disclosed] = standing.why_stopped(disclosed, now)
        reason = _emptied(entry) or known[disclosed] or _kept(entry, now)
        if reason is None:
            result.readable.append(entry)
        else:
            stub = StoppedItem(seq=entry.seq, reason=reason.value, because=reason.sentence)
            result.stopped.append(stub)
    return result


def judged_by(entries: Sequence[Entry], register_offset: int) -> Sequence[Entry]:
    """The first of `entries`, up to one that a book of `register_offset` knows too little to judge.

    It would say that such an item is stopped that no longer is, and the reader would pass it by.
    """
    for count, entry in enumerate(entries):
        if isinstance(entry, StoredItem) and entry.register_offset > register_offset:
            return entries[:count]
    return entries


def _emptied(item: StoredItem) -> Reason | None:
    """Only what was withdrawn is purged, and it stays so under whatever is signed later."""
    return Reason.WITHDRAWN if item.body is None else None


def _kept(item: StoredItem, now: datetime) -> Reason | None:
    """The exchange gives no copy away after the last day the agreement lets it hold one."""
    over = item.keep_until is not None and london_day(now) > item.keep_until
    return Reason.KEPT_TO_ITS_END if over else None
