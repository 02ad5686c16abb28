"""100,000 random cases: routing, explain, rehearse and compare say what a naive reading says.

A million by `make fuzz-agreements`.
"""

import pytest

import naive
from agreeing import Count
from fuzz_agreements import run
from language_features import FEATURES

CASES = 100_000
SEED = 4


@pytest.mark.timeout(600)
def test_the_exchange_agrees_with_the_naive_evaluator() -> None:
    count = Count()
    assert run(CASES, SEED, count) == []
    # What never came up would be shown by nothing.
    assert count.cases >= CASES
    assert count.delivering >= 0.2 * count.cases, count
    assert set(count.reasons) == set(naive.NEAREST_FIRST), count.reasons
    assert set(count.features) == FEATURES, count.features
    assert min(count.features.values()) >= 20, count.features
    assert min(count.reasons.values()) >= 30, count.reasons
    for each in ("NEW", "WIDER", "NARROWER", "GONE", "SAME"):
        assert count.compared[each] >= 100, count.compared
    assert min(count.compared[each] for each in ("explained", "rehearsed")) >= 0.2 * CASES
    assert min(count.compared[each] for each in ("gains", "losses")) >= CASES, count.compared
