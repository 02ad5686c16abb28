"""The stage worker in a process of its own, with a fault at a named point of its loop.

Its options are `route --do kill --at produced --passes 1 --behind 5 --patience 2`, and the worker's
own settings are in the environment.
"""

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from concordat.runtime.clock import system_clock
from concordat.runtime.settings import Settings
from concordat.streams.loop import LEAVE_AFTER_SECONDS, POINTS
from concordat.streams.service import run_stage
from faults.orders import ACTIONS


class UnknownFailure(Exception):
    """Something the loop has never heard of."""


def fail() -> None:
    """Raise."""
    raise UnknownFailure


FAULTS: dict[str, Callable[[], None]] = {**ACTIONS, "fail": fail}


def main(options: Sequence[str]) -> None:
    """Run until stopped."""
    asked = _asked(options)
    left = asked.passes

    def hook(point: str) -> None:
        nonlocal left
        if asked.do and point == asked.at:
            left -= 1
            if left == 0:
                FAULTS[asked.do]()

    def clock() -> datetime:
        return system_clock() - timedelta(seconds=asked.behind)

    run_stage(asked.stage, Settings(), hook=hook, clock=clock, patience=asked.patience)


def _asked(options: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    parser.add_argument("stage", choices=["admit", "route"])
    parser.add_argument("--do", choices=sorted(FAULTS))
    parser.add_argument("--at", choices=POINTS, default="consumed")
    parser.add_argument("--passes", type=int, default=1)
    parser.add_argument("--behind", type=float, default=0)
    parser.add_argument("--patience", type=float, default=LEAVE_AFTER_SECONDS)
    return parser.parse_args(options)
