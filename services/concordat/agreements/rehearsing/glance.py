"""What plans can tell apart in events: the verdicts of their conditions, and who is addressed."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from typing import Any

import msgspec

from concordat.agreements.document import ByIdentifier
from concordat.agreements.plan import Getter, Group, Plan
from concordat.agreements.reason import Reason

Look = tuple[Getter, Callable[[Any], Hashable]]
"""Gets what is looked at, and makes of it what is seen."""
Addressed = dict[str, tuple[ByIdentifier, ...]]


class Glance:
    """Looks at an event once for all of `plans`, which are of one event type."""

    def __init__(self, plans: Sequence[Plan]) -> None:
        known: dict[Hashable, Look] = {}
        self._readings: list[tuple[Callable[[Any], Any], tuple[Look, ...]]] = []
        for plan in plans:
            fresh = {what: look for what, look in _looks(plan) if what not in known}
            known |= fresh
            if fresh or not self._readings:
                self._readings.append((plan.read, tuple(fresh.values())))

    def at(self, data: bytes | msgspec.Raw) -> tuple[Hashable, ...]:
        """What the plans see of `data`: events that look equal are decided alike by each of them.

        Raises `msgspec.DecodeError` when `data` is not of the event's type.
        """
        seen: list[Hashable] = []
        for read, looks in self._readings:
            facts = read(data)
            seen += [make(get(facts)) for get, make in looks]
        return tuple(seen)


def _looks(plan: Plan) -> Iterator[tuple[Hashable, Look]]:
    addressed: dict[tuple[str, str], Addressed] = {}
    for candidate in plan.candidates:
        for group in candidate.groups:
            for clause in group.clauses:
                place = group.digest, clause.share.id
                if place not in addressed:
                    addressed[place] = group.agreement.addressed(clause.share)
            yield from _looks_of(group, addressed)


def _looks_of(
    group: Group, addressed: dict[tuple[str, str], Addressed]
) -> Iterator[tuple[Hashable, Look]]:
    for clause in group.clauses:
        share = clause.share
        conditions = iter(share.when)
        for get, test, false, _unknown in clause.tests:
            if false.reason is Reason.NOT_ADDRESSED:
                # Many members are picked by one field: its value is seen, not a verdict for each.
                items = addressed[group.digest, share.id][group.agency]
                yield tuple(item.is_ for item in items), (get, tuple)
            else:
                yield next(conditions).model_dump_json(), (get, test)
