"""The integration tests on embedded servers, on `docker compose` and on testcontainers alike.

Not in `make bars`: where no Docker engine answers it does not hold.
"""

from collections.abc import Iterator, Mapping

import pytest

from chosen_stack import StackMissing
from containers import ask_engine
from faults.bar import Bar, Ground, Size
from faults.findings import Findings
from faults.three_stacks import stack_runs
from faults.three_stacks.stack_runs import Outcomes, run_on, selected

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
    claim_same(ground.findings, found, ground.pick(smoke=30, full=300))


def claim_same(findings: Findings, found: Mapping[str, Outcomes], least: int) -> None:
    """Claim that at least so many tests ran on every stack, passed, and none differs."""
    every = {test for outcomes in found.values() for test in outcomes}
    told = {test: [outcomes.get(test, "not run") for outcomes in found.values()] for test in every}
    findings.figures.update({f"run_{stack}": len(outcomes) for stack, outcomes in found.items()})
    findings.least(least, tests=len(every))
    findings.none(
        different=sum(len(set(each)) > 1 for each in told.values()),
        not_passed=sum(set(each) != {"passed"} for each in told.values()),
    )
    bad = sorted(test for test, each in told.items() if set(each) != {"passed"})
    for test in bad[:_NAMED]:
        findings.fail(f"{test}: {', '.join(map(' '.join, zip(found, told[test], strict=True)))}")


def _set_otherwise(patch: pytest.MonkeyPatch) -> None:
    """A broker of `docker compose` with a setting that the others do not have."""
    setting = "services: {kafka: {environment: {KAFKA_OFFSETS_TOPIC_SEGMENT_BYTES: '2097152'}}}"
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
    bugs={"set-otherwise": _set_otherwise, "leave-tests-out": _leave_tests_out},
)
