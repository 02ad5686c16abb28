"""A bar's claims: what does not hold is said, with its figure."""

import pytest

from faults.findings import Findings


def test_a_bar_that_claims_nothing_does_not_hold() -> None:
    assert not Findings().hold


def test_claims_that_hold_are_figures() -> None:
    findings = Findings()
    findings.none(lost=0)
    findings.least(3, kills=3)
    findings.most(15.0, stall=14.9)
    findings.same("embedded", stack="embedded")
    assert findings.hold
    assert findings.figures == {"lost": 0, "kills": 3, "stall": 14.9, "stack": "embedded"}


@pytest.mark.parametrize(
    ("claim", "sentence"),
    [
        (lambda found: found.none(lost=1), "lost is 1, must be 0"),
        (lambda found: found.none(lost=-1), "lost is -1, must be 0"),
        (lambda found: found.least(3, kills=2), "kills is 2, must be at least 3"),
        (lambda found: found.most(15, stall=15.1), "stall is 15.1, must be at most 15"),
        (lambda found: found.same("a", stack="b"), "stack is b, must be a"),
        (lambda found: found.fail("it failed"), "it failed"),
    ],
)
def test_a_claim_that_does_not_hold_breaks_the_bar(claim: object, sentence: str) -> None:
    findings = Findings({"more": 1})
    claim(findings)  # type: ignore[operator]
    assert findings.broken == [sentence]
    assert not findings.hold


def test_a_later_claim_does_not_mend_an_earlier_one() -> None:
    findings = Findings()
    findings.none(lost=2)
    findings.none(lost=0)
    assert not findings.hold


@pytest.mark.parametrize(
    "error",
    [TimeoutError(), AssertionError("nobody came"), ExceptionGroup("both", [TimeoutError()])],
)
def test_a_wait_in_vain_refutes_a_claim(error: Exception) -> None:
    findings = Findings({"more": 1})
    findings.end_by(error)
    assert findings.refuted
    assert not findings.hold


@pytest.mark.parametrize(
    "error", [AttributeError("no such name"), ExceptionGroup("both", [KeyError("x")])]
)
def test_a_bar_that_fails_itself_neither_holds_nor_finds_a_planted_bug(error: Exception) -> None:
    findings = Findings({"more": 1})
    findings.none(lost=2)
    findings.end_by(error)
    assert not findings.refuted
    assert not findings.hold


def test_a_bar_that_takes_too_long_says_so_and_is_no_wait_in_vain() -> None:
    late, in_vain = Findings({"more": 1}), Findings({"more": 1})
    late.end_by(TimeoutError(), 4)
    in_vain.end_by(TimeoutError())
    assert late.broken == ["it did not end within 4 minutes"]
    assert in_vain.broken == ["it waited in vain"]
