"""The decision for one event: pure, and the only place where sharing is decided."""

from collections.abc import Set as AbstractSet
from typing import Any

from concordat.agreements.decision import Decision, Withheld
from concordat.agreements.plan import Candidate, Clause, Plan
from concordat.agreements.reason import RANK


def decide(plan: Plan | None, data: Any, denied: AbstractSet[str]) -> Decision:
    """Decide for every candidate of `plan`, given the event's `data` (JSON bytes).

    Grants only what a share in force allows and the publisher has not denied; says why for the
    rest. Raises `msgspec.DecodeError` when `data` is not of the event's type.
    """
    if plan is None:
        return Decision()
    facts = plan.read(data)
    decision = Decision()
    for candidate in plan.candidates:
        if candidate.agency in denied:
            decision.withheld.append(candidate.denied)
        else:
            _decide_for(candidate, facts, decision)
    return decision


def _decide_for(candidate: Candidate, facts: Any, decision: Decision) -> None:
    nearest: Withheld | None = None
    granted = False
    for group in candidate.groups:
        held = []
        for clause in group.clauses:
            failed = _first_failing(clause, facts)
            if failed is None:
                held.append(clause.share.id)
            elif nearest is None or RANK[failed.reason] < RANK[nearest.reason]:
                nearest = failed
        if held:
            granted = True
            decision.grants.append(group.grant(tuple(held)))
    if not granted:
        decision.withheld.append(nearest or candidate.otherwise)


def _first_failing(clause: Clause, facts: Any) -> Withheld | None:
    for get, test, false, unknown in clause.tests:
        verdict = test(get(facts))
        if not verdict:
            return unknown if verdict is None else false
    return None
