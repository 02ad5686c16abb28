"""Random agreements, events and agencies through the stages, beside the naive evaluator."""

import asyncio
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import count as counting
from multiprocessing import get_context

import pytest

import naive
from agreeing import Count
from faults.bar import Bar, Ground
from faults.overshare.bugs import BUGS
from fuzz_agreements import run_one
from language_features import FEATURES

CASES = {"smoke": 100_000, "full": 10_000_000}
AT_ONCE = 5
"""Situations that one process takes at once."""
THOROUGH_EVERY = {"smoke": 1, "full": 10}
"""Of so many situations one is also explained, rehearsed and compared."""
COMPARISONS = ("NEW", "WIDER", "NARROWER", "GONE", "SAME")
PROCESSES = 2
ENOUGH = 20
"""After so many disagreements nothing is learnt from more."""
Part = tuple[Count, list[str]]


async def run(ground: Ground) -> None:
    """Compare until there are enough cases; what is compared depends on the seed alone."""
    count, found = await asyncio.to_thread(_compare, ground)
    findings, sent = ground.findings, count.sent
    findings.least(CASES[ground.size], cases=count.cases)
    findings.least(0.3, delivering=round(count.delivering / max(count.cases, 1), 4))
    findings.none(
        fields_beyond_the_agreement=sent.beyond,
        fields_missing=sent.missing,
        disagreements=len(found),
    )
    ground.figure(deliveries=sent.deliveries, withheld=sent.withheld)
    findings.least(count.cases, fields_delivered=sent.fields)
    for name, words, counted in (
        ("feature", FEATURES, count.features),
        ("reason", naive.NEAREST_FIRST, count.reasons),
    ):
        ground.figure(**{f"{name}s": dict(sorted(counted.items()))})
        findings.least(20, **{f"rarest_{name}": min(counted[each] for each in words)})
    ground.figure(compared=dict(sorted(count.compared.items())))
    thorough = count.cases // THOROUGH_EVERY[ground.size]
    for each in ("explained", "rehearsed"):
        findings.least(thorough // 5, **{each: count.compared[each]})
    for each in ("gains", "losses"):
        findings.least(thorough // 2, **{f"{each}_compared": count.compared[each]})
    findings.least(100, rarest_comparison=min(count.compared[each] for each in COMPARISONS))
    for each in found[:3]:
        findings.fail(each[:300])


def _compare(ground: Ground) -> Part:
    count, found = Count(), list[str]()
    for part, differing in _parts(ground):
        count.add(part)
        found += differing
        if count.cases >= CASES[ground.size] or len(found) >= ENOUGH:
            break
    return count, found


def _parts(ground: Ground) -> Iterator[Part]:
    """Each part in order, worked on ahead: who works on it makes no difference."""
    context, every = get_context("spawn"), THOROUGH_EVERY[ground.size]
    with ProcessPoolExecutor(
        PROCESSES, mp_context=context, initializer=_plant, initargs=(ground.bug,)
    ) as pool:
        ahead: list[Future[Part]] = []
        try:
            for first in counting(0, AT_ONCE):
                ahead.append(pool.submit(compare_some, ground.seed, first, every))
                if len(ahead) > 2 * PROCESSES:
                    yield ahead.pop(0).result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def compare_some(seed: int, first: int, every: int) -> Part:
    """Compare `AT_ONCE` situations, one in `every` thoroughly.

    Each difference says which command repeats it.
    """
    count, found = Count(), list[str]()
    for number in range(first, first + AT_ONCE):
        thorough = number % every == 0
        found += [
            f"fuzz_agreements --seed {seed} --only {number}: {each}"
            for each in run_one(seed, number, count, thorough=thorough)
        ]
    return count, found


def _plant(bug: str | None) -> None:
    if bug is not None:
        BUGS[bug](pytest.MonkeyPatch())


BAR = Bar("overshare", ("P1", "P6"), run, 90, BUGS)
