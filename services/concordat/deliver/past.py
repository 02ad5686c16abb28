"""Which stops are over: the moments of the register in which an item could not be read."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from concordat.agreements.day import LONDON, london_day
from concordat.agreements.disclosure import Disclosed, why_disclosure_stopped
from concordat.agreements.register import Register

# The clocks of brokers, databases and machines, and how old a reader's book may be.
TOLERANCE = timedelta(seconds=5)

Answers = dict[tuple[Disclosed, int, date], bool]
"""Whether an item was stopped, by state and day: the past does not change."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A time in which nothing changed for an agreement: its state, the day, and until when.

    A state is the number of register records that were known after its newest one.
    """

    state: int
    day: date
    until: datetime


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the past an item got its number: the records its decision knew, and when."""

    register_offset: int
    numbered_at: datetime


class Past:
    """What `register` said of items until `now`; `answers` may be kept for the next past."""

    def __init__(self, register: Register, now: datetime, answers: Answers | None = None) -> None:
        self._register, self.now = register, now
        self.register_offset = register.next_offset
        self._answers: Answers = {} if answers is None else answers
        self._records = _records(register)
        self._moments: dict[str, list[Moment]] = {}
        self._states: dict[tuple[str, int], Register] = {}

    def last_stop(self, item: Disclosed) -> Moment | None:
        """The newest moment in which `item` could not be read; None when there was none."""
        if item.agreement not in self._moments:
            self._moments[item.agreement] = list(self._all_moments(item.agreement))
        moments = reversed(self._moments[item.agreement])
        return next((moment for moment in moments if self._stopped(item, moment)), None)

    def was_held(self, item: Disclosed, place: Place, stop: Moment) -> bool:
        """Whether one of `item` that got its number at `place` has met `stop` since."""
        records = [state for state, _ in self._records[item.agreement]]
        known = bisect_right(records, place.register_offset)
        state = records[known - 1] if known else 0
        later = (state, london_day(place.numbered_at)) < (stop.state, stop.day)
        return later and place.numbered_at < stop.until + TOLERANCE

    def _stopped(self, item: Disclosed, moment: Moment) -> bool:
        key = item, moment.state, moment.day
        if key not in self._answers:
            register = self._register_at(item.agreement, moment.state)
            self._answers[key] = why_disclosure_stopped(register, item, moment.day) is not None
        return self._answers[key]

    def _all_moments(self, agreement_id: str) -> Iterator[Moment]:
        turns = _turns(self._register, agreement_id)
        records = self._records[agreement_id]
        ends = [recorded_at for _, recorded_at in records[1:]]
        for (state, start), end in zip(records, [*ends, self.now], strict=True):
            first, last = london_day(start), london_day(end)
            days = [first, *(day for day in turns if first < day <= last)]
            nights = [datetime.combine(day, time.min, LONDON) for day in days[1:]]
            for day, until in zip(days, [*nights, end], strict=True):
                yield Moment(state, day, until)

    def _register_at(self, agreement_id: str, state: int) -> Register:
        """The register with what it knew of one agreement at `state`, and nothing of others."""
        key = agreement_id, state
        if key not in self._states:
            self._states[key] = _as_of(self._register, agreement_id, state)
        return self._states[key]


def _records(register: Register) -> Mapping[str, list[tuple[int, datetime]]]:
    """By agreement, the state after each of its records, and since when."""
    records: defaultdict[str, list[tuple[int, datetime]]] = defaultdict(list)
    for offset, about, recorded_at in sorted(_all_records(register)):
        known = records[about]
        # A broker's clock may step back: nobody knew a record before the one ahead of it.
        known.append((offset + 1, max(recorded_at, known[-1][1]) if known else recorded_at))
    return records


def _all_records(register: Register) -> Iterator[tuple[int, str, datetime]]:
    for key, admitted in register.admitted.items():
        kind, about, *_ = key.split("/")
        if kind in ("agreement", "signature", "notice"):
            yield admitted.offset, about, admitted.recorded_at
    for refused in register.refused:  # a version that cannot be read stops its agreement
        if refused.kind == "agreement":
            yield refused.offset, refused.agreement, refused.recorded_at


def _turns(register: Register, agreement_id: str) -> list[date]:
    """The days on which a version of the agreement starts or has ended."""
    days: set[date] = set()
    for agreement in register.agreements.get(agreement_id, {}).values():
        days |= {agreement.effective.from_, agreement.effective.until + timedelta(days=1)}
    return sorted(days)


def _as_of(register: Register, agreement_id: str, state: int) -> Register:
    known = {key for key, admitted in register.admitted.items() if admitted.offset < state}
    notices = sum(key.startswith(f"notice/{agreement_id}/") for key in known)
    return replace(
        register,
        agreements={
            agreement_id: {
                version: agreement
                for version, agreement in register.agreements.get(agreement_id, {}).items()
                if f"agreement/{agreement_id}/{version}" in known
            }
        },
        signatures={
            (signed, version, controller)
            for signed, version, controller in register.signatures
            if f"signature/{signed}/{version}/{controller}" in known
        },
        unreadable={
            agreement_id: {
                version: offset
                for version, offset in register.unreadable.get(agreement_id, {}).items()
                if offset < state
            }
        },
        notices={agreement_id: register.notices.get(agreement_id, [])[:notices]},
        refused=[],
        admitted={},
        next_offset=state,
    )
