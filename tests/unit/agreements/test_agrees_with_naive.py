"""Random cases: routing, explain, rehearse and compare say what a naive reading says.

100,000 by the bar `overshare`, which `make test` runs too; a million by `make fuzz-agreements`.
"""

import pytest

import naive
from agreeing import Count
from fuzz_agreements import run
from language_features import FEATURES

CASES = 5_000
SEED = 4


@pytest.mark.timeout(600)
def test_the_exchange_agrees_with_the_naive_evaluator() -> None:
    count = Count()
    assert run(CASES, SEED, count) == []
    # What never came up would be shown by nothing; the bar sees the rarest things too.
    assert count.cases >= CASES
    assert count.delivering >= 0.2 * count.cases, count
    assert len(count.reasons) >= len(naive.NEAREST_FIRST) - 2, count.reasons
    assert len(count.features) >= len(FEATURES) - 2, count.features
    for each in ("NEW", "WIDER", "NARROWER", "GONE", "SAME"):
        assert count.compared[each] >= 10, count.compared
    assert min(count.compared[each] for each in ("explained", "rehearsed")) >= 0.2 * CASES
    assert min(count.compared[each] for each in ("gains", "losses")) >= CASES / 2, count.compared
