"""The integration tests on embedded servers, on `docker compose` and on testcontainers alike.

Not in `make bars`: where no Docker engine answers it does not hold.
"""

from collections.abc import Iterator, Mapping

import pytest

from chosen_stack import StackMissing
from containers import ask_engine
from faults import stack_runs
from faults.bar import Bar, Ground, Size
from faults.stack_runs import Outcomes, run_on, selected

STACKS = ("embedded", "external", "containers")
_NAMED = 10


async def run(ground: Ground) -> None:
    """Run the same tests on each stack and compare what became of each."""
    try:
        ask_engine()
    except StackMissing as missing:
        ground.findings.fail(f"{missing}: two of the three stacks cannot be had")
        return
    with ground.planted():
        found = {stack: await run_on(stack, ground.size, ground.folder) for stack in STACKS}
    _claim_same(ground, found)


def _claim_same(ground: Ground, found: Mapping[str, Outcomes]) -> None:
    every = set().union(*found.values())
    different = [test for test in every if len({each.get(test) for each in found.values()}) > 1]
    not_passed = {
        f"not_passed_{stack}": sum(outcome != "passed" for outcome in outcomes.values())
        for stack, outcomes in found.items()
    }
    ground.figure(**{f"run_{stack}": len(outcomes) for stack, outcomes in found.items()})
    ground.findings.least(ground.pick(smoke=30, full=300), tests=len(every))
    ground.findings.none(different=len(different), **not_passed)
    for test in sorted(different)[:_NAMED]:
        told = ", ".join(f"{stack} {each.get(test, 'not run')}" for stack, each in found.items())
        ground.findings.fail(f"{test}: {told}")


def _make_missing_topics(patch: pytest.MonkeyPatch) -> None:
    """A broker of `docker compose` with a setting that the others do not have."""
    setting = "services: {kafka: {environment: {KAFKA_AUTO_CREATE_TOPICS_ENABLE: 'true'}}}"
    patch.setattr(stack_runs, "OVERRIDE", setting)


def _leave_tests_out(patch: pytest.MonkeyPatch) -> None:
    """A stack on which some of the tests are not run."""

    def fewer(stack: str, size: Size) -> Iterator[str]:
        yield from selected(stack, size)
        if stack == "containers":
            yield "--deselect=tests/integration/postgres/test_rights.py"

    patch.setattr(stack_runs, "selected", fewer)


BAR = Bar(
    name="three-stacks",
    promises=(),
    run=run,
    full_minutes=90,
    bugs={"make-missing-topics": _make_missing_topics, "leave-tests-out": _leave_tests_out},
)
