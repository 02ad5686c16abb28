"""An inbox item as it is stored, and whether it may be read now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from concordat.agreements.day import london_day
from concordat.agreements.reason import Reason
from concordat_events.delivery import StoppedItem


class Standing(Protocol):
    """What says whether an item may be read: the book."""

    def why_stopped(
        self, *, agreement: str, version: int, publisher: str, recipient: str, now: datetime
    ) -> Reason | None:
        """None when an item delivered under this version may be read now; else why not."""
        ...


@dataclass(frozen=True, slots=True)
class StoredItem:
    """One row of an inbox; `body` is the delivery as JSON text, exactly as it was decided."""

    seq: int
    acknowledged: bool
    publisher: str
    agreement: str
    version: int
    body: str
    keep_until: date | None = None


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
    known: dict[tuple[str, int, str], Reason | None] = {}
    result = Sorted([], [])
    for item in items:
        pair = (item.agreement, item.version, item.publisher)
        if pair not in known:
            known[pair] = standing.why_stopped(
                agreement=item.agreement,
                version=item.version,
                publisher=item.publisher,
                recipient=recipient,
                now=now,
            )
        reason = known[pair] or _kept(item, now)
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
