"""What the bar claims of three stacks, where no Docker engine is needed to see it bite."""

from faults.findings import Findings
from faults.three_stacks.bar import STACKS, claim_same
from faults.three_stacks.stack_runs import read_outcomes, selected

PASSED = {f"test_{number}": "passed" for number in range(5)}
REPORT = """
<testsuites><testsuite>
  <testcase classname="a" name="good"/>
  <testcase classname="a" name="wrong[1]"><failure message="no"/></testcase>
  <testcase classname="b" name="broken"><error message="no"/></testcase>
  <testcase classname="b" name="left"><skipped message="no"/></testcase>
</testsuite></testsuites>
"""


def findings_of(*outcomes: dict[str, str], least: int = 5) -> Findings:
    findings = Findings()
    claim_same(findings, dict(zip(STACKS, outcomes, strict=True)), least)
    return findings


def test_the_same_tests_passed_on_all_hold() -> None:
    findings = findings_of(PASSED, PASSED, PASSED)
    assert findings.hold
    assert findings.figures == {
        "run_embedded": 5,
        "run_external": 5,
        "run_containers": 5,
        "tests": 5,
        "different": 0,
        "not_passed": 0,
    }


def test_a_test_that_fails_on_one_is_named_with_what_became_of_it_on_each() -> None:
    findings = findings_of(PASSED, {**PASSED, "test_3": "failure"}, PASSED)
    assert findings.figures["different"] == 1
    assert "test_3: embedded passed, external failure, containers passed" in findings.broken


def test_a_test_that_did_not_run_on_one_is_a_difference() -> None:
    fewer = {name: outcome for name, outcome in PASSED.items() if name != "test_0"}
    findings = findings_of(PASSED, PASSED, fewer)
    assert findings.figures["different"] == 1
    assert "test_0: embedded passed, external passed, containers not run" in findings.broken


def test_failing_alike_is_no_success() -> None:
    failing = {**PASSED, "test_1": "error"}
    findings = findings_of(failing, failing, failing)
    assert (findings.figures["different"], findings.figures["not_passed"]) == (0, 1)
    assert not findings.hold


def test_no_tests_at_all_are_no_success() -> None:
    assert not findings_of({}, {}, {}).hold
    assert not findings_of(PASSED, PASSED, PASSED, least=6).hold


def test_outcomes_are_read_by_name() -> None:
    assert read_outcomes(REPORT) == {
        "a::good": "passed",
        "a::wrong[1]": "failure",
        "b::broken": "error",
        "b::left": "skipped",
    }


def test_every_stack_runs_the_same() -> None:
    for size in ("smoke", "full"):
        assert len({tuple(selected(stack, size)) for stack in STACKS}) == 1
