"""The book: the register as compiled for routing, indexed by (event type, publisher)."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime

from concordat.agreements.day import london_day
from concordat.agreements.disclosure import Disclosed, why_disclosure_stopped
from concordat.agreements.document import Agreement, Share
from concordat.agreements.parties import Agency
from concordat.agreements.plan import Plan, make_plan
from concordat.agreements.reason import Reason
from concordat.agreements.register import Register
from concordat.agreements.stopping import StoppedPair, lifted_suspensions, withdrawals

_Named = dict[str, list[tuple[Agreement, Share]]]


class Book:
    """An immutable snapshot of the register. Routing cost grows only with the shares that match.

    `register_offset` says how many register records it knows: every decision carries it.
    """

    def __init__(self, register: Register) -> None:
        """Snapshot `register`, which may go on being applied to."""
        self._register = replace(register)  # which copies what it holds
        self.register_offset = register.next_offset
        self._named = _index(self._register)
        self._plans: dict[tuple[str, str, date], Plan | None] = {}
        self._stops: dict[tuple[Disclosed, date], Reason | None] = {}

    @property
    def register(self) -> Register:
        """What it was compiled from; not to be applied to."""
        return self._register

    @property
    def agencies(self) -> Mapping[str, Agency]:
        """Every registered agency by id."""
        return self._register.agencies

    def plan(self, event_type: str, publisher: str, day: date) -> Plan | None:
        """The compiled shares for events of this type and publisher; None: nobody is named."""
        key = (event_type, publisher, day)
        if key not in self._plans:
            if any(known[2] != day for known in self._plans):
                self._plans.clear()  # a new day: yesterday's standings are not asked for again
            named = self._named.get((event_type, publisher))
            model = self._register.catalogue.get(event_type)
            self._plans[key] = (
                make_plan(self._register, named, publisher, model, day) if named and model else None
            )
        return self._plans[key]

    def why_stopped(self, item: Disclosed, now: datetime) -> Reason | None:
        """None when `item` may be read now; else why not."""
        key = (item, london_day(now))
        if key not in self._stops:
            if any(day != key[1] for _, day in self._stops):
                self._stops.clear()
            self._stops[key] = why_disclosure_stopped(self._register, *key)
        return self._stops[key]

    @property
    def lifted(self) -> list[StoppedPair]:
        """The suspensions that are over: what they held may be released."""
        return lifted_suspensions(self._register)

    @property
    def withdrawn(self) -> list[StoppedPair]:
        """The withdrawals: what they stop is never read again."""
        return withdrawals(self._register)


class BookKeeper:
    """Applies register records and gives the book as of the last one."""

    def __init__(self) -> None:
        self.register = Register()
        self._book: Book | None = None

    def apply(
        self, key: str | None, value: bytes | None, *, offset: int, recorded_at: datetime
    ) -> None:
        """Take the next record of the register's log."""
        self.register.apply(key, value, offset=offset, recorded_at=recorded_at)
        self._book = None

    @property
    def book(self) -> Book:
        """The book at the register's last applied record, compiled on first use."""
        if self._book is None:
            self._book = Book(self.register)
        return self._book


def _index(register: Register) -> Mapping[tuple[str, str], _Named]:
    index: defaultdict[tuple[str, str], _Named] = defaultdict(dict)
    for versions in register.agreements.values():
        for agreement in versions.values():
            for share in agreement.shares:
                for publisher in share.from_:
                    named = index[share.event, publisher]
                    for agency in agreement.recipients(share):
                        named.setdefault(agency, []).append((agreement, share))
    return index
