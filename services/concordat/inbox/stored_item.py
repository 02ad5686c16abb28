"""An inbox item as it is stored, and whether it may be read now."""

from collections.abc import Iterable
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

    `shares` are the ids of the shares that gave it, with commas between.
    """

    seq: int
    acknowledged: bool
    publisher: str
    agreement: str
    version: int
    shares: str
    event_type: str
    body: str
    keep_until: date | None = None

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
    items: Iterable[StoredItem], standing: Standing, *, recipient: str, now: datetime
) -> Sorted:
    """Sort `items` of `recipient` into readable and stopped, as `standing` says at `now`."""
    known: dict[Disclosed, Reason | None] = {}
    result = Sorted([], [])
    for item in items:
        disclosed = item.disclosed_to(recipient)
        if disclosed not in known:
            known[disclosed] = standing.why_stopped(disclosed, now)
        reason = known[disclosed] or _kept(item, now)
        if reason is None:
            result.readable.append(item)
        else:
            stub = StoppedItem(seq=item.seq, reason=reason.value, because=reason.sentence)
            result.stopped.append(stub)
    return result


def _kept(item: StoredItem, now: datetime) -> Reason | None:
    """The exchange gives no copy away after the last day the agreement lets it hold one."""
    over = item.keep_until is not None and london_day(now) > item.keep_until
    return Reason.KEPT_TO_ITS_END if over else None
