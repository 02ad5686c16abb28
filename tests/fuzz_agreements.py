"""Compare the exchange with the naive evaluator on many random cases: one line of JSON.

A case is one (agreement, event, recipient). Routing, explain, rehearse and compare are checked on
each situation. Exit code 1 when anything differs; `--only NUMBER` repeats one situation.
"""

import argparse
import json
import sys
import time
from itertools import count as counting

from agreeing import Count, differences
from generator import situation_of

SIGNED_EVERY = 25  # of so many situations one is written as in production: every record signed


def run(cases: int, seed: int, count: Count) -> list[str]:
    """Compare at least `cases` cases; return what differs, each with the situation's number."""
    found: list[str] = []
    for number in counting():
        if count.cases >= cases or len(found) > 100:
            return found
        found += run_one(seed, number, count)
    return found


def run_one(seed: int, number: int, count: Count, *, thorough: bool = True) -> list[str]:
    """Compare one situation; all but its routing only when `thorough`."""
    sign = number % SIGNED_EVERY == 0
    situation = situation_of(seed, number, sound=sign)
    different = differences(situation, count, sign=sign, thorough=thorough)
    return [f"situation {number}: {each}" for each in different]


def main() -> int:
    """Say what was compared on stdout, and what differs on stderr."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int)
    asked = parser.parse_args()
    count, started = Count(), time.perf_counter()
    if asked.only is None:
        found = run(asked.cases, asked.seed, count)
    else:
        found = run_one(asked.seed, asked.only, count)
    for each in found[:5]:
        sys.stderr.write(each + "\n")
    told = {
        "command": f"python -m fuzz_agreements --cases {asked.cases} --seed {asked.seed}",
        "seed": asked.seed,
        "cases": count.cases,
        "delivering": round(count.delivering / max(count.cases, 1), 3),
        "disagreements": len(found),
        "seconds": round(time.perf_counter() - started, 1),
        "compared": dict(sorted(count.compared.items())),
        "reasons": dict(sorted(count.reasons.items())),
        "features": dict(sorted(count.features.items())),
    }
    sys.stdout.write(json.dumps(told) + "\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
