"""The claims about what came of a load bite, one by one."""

from dataclasses import replace
from typing import Any

import pytest

from faults.findings import Findings
from faults.outcome import Outcome, claim_exact, claim_tables

ONE, TWO = ("//police", "police-00000000"), ("//police", "police-00000001")
CASE = "case-00000000"
RIGHT = Outcome(
    events=[ONE, TWO],
    deliveries=[("health", 1, CASE, *ONE), ("health", 2, CASE, *TWO)],
    last_numbers={"health": 2},
    conflicts=0,
    repeats=1,
    admitted=[(CASE, *ONE), (CASE, *TWO), (CASE, *ONE)],
    routed=4,
    places=[(0, 0), (0, 1), (0, 2)],
    decided_by=[(0, 0), (0, 1)],
    repeated=[(0, 2)],
)


def broken(**changes: Any) -> set[str]:
    findings = Findings()
    outcome = replace(RIGHT, **changes)
    claim_exact(findings, outcome, [ONE, TWO], 1, lambda _publisher: ("health", "fire"))
    claim_tables(findings, outcome)
    return {sentence.split()[0] for sentence in findings.broken}


def test_what_is_right_breaks_nothing() -> None:
    assert broken() == set()


@pytest.mark.parametrize(
    ("changes", "names"),
    [
        ({"events": [ONE], "decided_by": [(0, 0)]}, {"lost"}),
        (
            {"events": [ONE, TWO, ("//x", "y")], "decided_by": [(0, 0), (0, 1), (1, 0)]},
            {"invented", "decided_by_another_admission"},
        ),
        (
            {"events": [ONE, TWO, TWO], "decided_by": [(0, 0), (0, 1), (0, 1)]},
            {"decided_twice"},
        ),
        (
            {"deliveries": RIGHT.deliveries[:1], "last_numbers": {"health": 1}},
            {"undelivered"},
        ),
        (
            {
                "deliveries": [*RIGHT.deliveries, ("health", 3, CASE, *TWO)],
                "last_numbers": {"health": 3},
            },
            {"delivered_twice"},
        ),
        (
            {"deliveries": [("health", 1, CASE, *TWO), ("health", 2, CASE, *ONE)]},
            {"out_of_order"},
        ),
        (
            {
                "deliveries": [*RIGHT.deliveries, ("housing", 1, CASE, *TWO)],
                "last_numbers": {"health": 2, "housing": 1},
            },
            {"misdelivered"},
        ),
        ({"last_numbers": {"health": 3}}, {"numbers_missing"}),
        ({"conflicts": 1}, {"conflicts"}),
        ({"decided_by": [(0, 2), (0, 1)]}, {"decided_by_another_admission"}),
        ({"repeated": []}, {"repeats_miscounted"}),
        ({"repeated": [(0, 2), (0, 3)]}, {"repeats_miscounted"}),
        (
            {
                "admitted": [(CASE, *TWO), (CASE, *ONE)],
                "places": [(0, 0), (0, 1)],
                "decided_by": [(0, 1), (0, 0)],
                "repeated": [],
                "deliveries": [("health", 1, CASE, *TWO), ("health", 2, CASE, *ONE)],
            },
            {"publisher_order_broken"},
        ),
    ],
)
def test_each_fault_breaks_its_claim(changes: dict[str, Any], names: set[str]) -> None:
    assert broken(**changes) == names


def test_copies_of_one_event_in_two_inboxes_are_no_doubles() -> None:
    deliveries = [*RIGHT.deliveries, ("fire", 1, CASE, *ONE), ("fire", 2, CASE, *TWO)]
    assert broken(deliveries=deliveries, last_numbers={"health": 2, "fire": 2}) == set()
