"""What a new agreement shares beyond an old one, and no longer: exact, or said to be uncertain."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from concordat.agreements.coarsening import Coarsening, name_of, parts_of
from concordat.agreements.comparison.change import GAINS, Change, Example, Given, Verdict
from concordat.agreements.comparison.companions import companions_of
from concordat.agreements.comparison.cover import Box, TooLarge, is_empty
from concordat.agreements.comparison.reach import Ends, Reach, reaches
from concordat.agreements.comparison.region import Space
from concordat.agreements.comparison.terms import TermChange, changed_terms
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency
from concordat_events.fields import Data
from concordat_events.leaves import leaves

# What says at least as much of a field; None is the field itself.
_FINER: Mapping[Coarsening, tuple[Coarsening | None, ...]] = {
    Coarsening.YEAR: (None, Coarsening.MONTH),
    Coarsening.MONTH: (None,),
    Coarsening.OUTWARD_CODE: (None,),
    Coarsening.PRESENT: (None, Coarsening.YEAR, Coarsening.MONTH, Coarsening.OUTWARD_CODE),
}


@dataclass(frozen=True, slots=True)
class Comparison:
    """Every field that either agreement sends, by ends and name; then the terms that changed."""

    changes: tuple[Change, ...]
    terms: tuple[TermChange, ...]

    @property
    def gains(self) -> tuple[Change, ...]:
        """The rows by which somebody learns, or may learn, more."""
        return tuple(change for change in self.changes if change.gain)


class _Placed(NamedTuple):
    """A share towards one recipient, and the events (and signatures) for which it sends."""

    reach: Reach
    boxes: list[Box]


class _Judgement(NamedTuple):
    verdict: Verdict
    gained: Example | None = None
    lost: Example | None = None
    also_narrower: bool | None = False


def compare(
    old: Agreement | None,
    new: Agreement,
    catalogue: Mapping[str, type[Data]],
    agencies: Mapping[str, Agency],
) -> Comparison:
    """Compare two agreements without faults; without `old` everything is new.

    A row is about the events for which the field is granted, and the required third parties that
    have signed: SAME and NARROWER are never said of a row by which somebody gains. What nobody can
    receive in either has no row. The same field under another law is the same row.
    """
    before = reaches(old, agencies) if old else {}
    now = reaches(new, agencies)
    changes = [
        change
        for ends in sorted({*before, *now})
        for change in _Pair(
            ends, catalogue[ends.event_type], before.get(ends, []), now.get(ends, [])
        ).changes()
    ]
    return Comparison(tuple(changes), changed_terms(old, new, before, now) if old else ())


class _Pair:
    """One publisher and one recipient under both agreements, for one event type."""

    def __init__(
        self, ends: Ends, model: type[Data], before: Sequence[Reach], now: Sequence[Reach]
    ) -> None:
        self._ends = ends
        self._space = space_of([*before, *now], model)
        self._before, self._now = ([*self._placed(side)] for side in (before, now))
        self._judged: dict[tuple[Given, Given], _Judgement] = {}

    def changes(self) -> Iterable[Change]:
        """The delivery itself, then every name that is sent."""
        both = [*self._before, *self._now]
        names = sorted({name for each in both for name in each.reach.names})
        for name in (None, *names) if both else ():
            before, now = _sending(name, self._before), _sending(name, self._now)
            given = _given(before), _given(now)
            if given not in self._judged:  # most fields of a pair share their shares
                self._judged[given] = self._judge(_boxes(before), _boxes(now))
            judgement = self._judged[given]
            yield Change(
                self._ends,
                name,
                *given,
                judgement.verdict,
                judgement.gained,
                judgement.lost,
                judgement.also_narrower,
                self._part_of(name, now) if judgement.verdict in GAINS else (),
            )

    def _placed(self, side: Sequence[Reach]) -> Iterable[_Placed]:
        """What can hold of `side`: no contradiction."""
        for reach in side:
            boxes = [
                self._space.box_of(alternative, reach.share.requires)
                for alternative in reach.alternatives
            ]
            if possible := [box for box in boxes if not is_empty(box)]:
                yield _Placed(reach, possible)

    def _judge(self, old: Sequence[Box], new: Sequence[Box]) -> _Judgement:
        if not old or not new:
            return _Judgement(Verdict.NEW if new else Verdict.GONE)
        gains, gained = self._beyond(old, new)
        loses, lost = self._beyond(new, old)
        if gains is not False:
            verdict = Verdict.WIDER if gains else Verdict.MAY_WIDEN
            return _Judgement(verdict, gained, lost, loses)
        if loses is not False:
            return _Judgement(Verdict.NARROWER if loses else Verdict.MAY_NARROW, None, lost)
        return _Judgement(Verdict.SAME)

    def _beyond(
        self, bigger: Sequence[Box], smaller: Sequence[Box]
    ) -> tuple[bool | None, Example | None]:
        """Whether `smaller` has events beyond `bigger` (None: too large to tell), and some."""
        try:
            found = self._space.beyond(bigger, smaller)
        except TooLarge:
            return None, None
        if found is None:
            return False, None
        return True, Example(self._space.sample(found), tuple(self._space.unsigned(found)))

    def _part_of(self, name: str | None, now: Sequence[_Placed]) -> tuple[str, ...]:
        path, coarsening = parts_of(name or "")
        if coarsening is None:
            return ()
        finer = [name_of(path, each) for each in _FINER[coarsening]]
        had = [each for each in finer if _sending(each, self._before)]
        before = [placed for each in (name, *had) for placed in _sending(each, self._before)]
        return tuple(had) if self._space.covers(_boxes(before), _boxes(now)) else ()


def _sending(name: str | None, side: Sequence[_Placed]) -> list[_Placed]:
    return [placed for placed in side if name is None or name in placed.reach.names]


def _boxes(side: Iterable[_Placed]) -> list[Box]:
    return [box for placed in side for box in placed.boxes]


def _given(side: Sequence[_Placed]) -> Given:
    shares = [placed.reach.share for placed in side]
    laws = sorted({share.law for share in shares})
    return Given(tuple(share.id for share in shares), tuple(laws))


def space_of(sides: Sequence[Reach], model: type[Data]) -> Space:
    """Return the space in which every condition of `sides` can be placed."""
    return Space(
        leaves(model),
        [condition for reach in sides for condition in reach.conditions],
        {agency for reach in sides for agency in reach.share.requires},
        companions_of(model),
    )
