"""Run bars: `python -m faults NAME… | all [--size smoke|full] [--seed N] [--bug NAME | --bugs]`.

Prints one line of JSON a run. Exit code 1 when a bar does not hold; with `--bugs`, when a planted
bug breaks no claim, or breaks the bar itself.
"""

import argparse
import asyncio
import os
import signal
import sys
import time
import traceback
from collections.abc import Iterator

from faults.bar import Bar, Ground, Size
from faults.catalogue import NAMES, NEEDS_DOCKER, bar_named
from faults.findings import Findings
from faults.report import commit_now, line_of
from faults.stacks import Stacks

SEED = 20261125


async def run_bar(stacks: Stacks, bar: Bar, size: Size, seed: int, bug: str | None) -> Findings:
    """Run one bar, print its line, and return what it found."""
    ground = Ground(bar, size, seed, bug, stacks.folder(bar.name), stacks)
    started, minutes, commit = time.monotonic(), bar.minutes(size), commit_now()
    limit = asyncio.timeout(minutes * 60)
    try:
        async with limit:
            await bar.run(ground)
    except Exception as error:  # noqa: BLE001 - whatever it is, the bar does not hold, and the next runs
        ground.findings.end_by(error, minutes if limit.expired() else None)
        traceback.print_exc()
    sys.stdout.write(line_of(ground, commit, time.monotonic() - started) + "\n")
    sys.stdout.flush()
    return ground.findings


async def run_all(asked: argparse.Namespace) -> int:
    """Run what was asked for on shared servers; return the exit code."""
    failed = False
    _end_in_order()
    async with Stacks() as stacks:
        for bar, bug in _runs(asked):
            findings = await run_bar(stacks, bar, asked.size, asked.seed, bug)
            failed |= not (findings.refuted if asked.bugs else findings.hold)
    return 1 if failed else 0


def _end_in_order() -> None:
    """Let SIGTERM end what was started, as Ctrl-C does; a second one ends the bar at once."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    assert task is not None

    def end() -> None:
        loop.remove_signal_handler(signal.SIGTERM)
        task.cancel()

    loop.add_signal_handler(signal.SIGTERM, end)


def _runs(asked: argparse.Namespace) -> Iterator[tuple[Bar, str | None]]:
    for name in NAMES if asked.names == ["all"] else asked.names:
        bar = bar_named(name)
        if asked.bugs:
            yield from ((bar, bug) for bug in bar.bugs)
        else:
            yield bar, asked.bug


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m faults", description=__doc__)
    parser.add_argument("names", nargs="+", choices=["all", *NAMES, *NEEDS_DOCKER])
    parser.add_argument("--size", choices=["smoke", "full"], default="smoke")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--bug", help="plant this bug: the bar must not hold")
    parser.add_argument("--bugs", action="store_true", help="plant every bug of a bar in turn")
    try:
        return asyncio.run(run_all(parser.parse_args()))
    except asyncio.CancelledError:
        return 128 + signal.SIGTERM


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)  # a planted bug may have left a stage in this process that never ends
