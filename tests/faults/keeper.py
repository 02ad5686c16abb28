"""Keeps so many workers of each service running: an ended one is replaced."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import count

from faults.rig import Rig
from faults.workers import Worker

_TURN_SECONDS = 0.1
_BACKOFF_SECONDS = 0.3


@dataclass
class Keeper:
    """`ends` counts, by service, why workers ended; too many in all are the end of the bar.

    Every worker is an instance of its own: its log is that of one process.
    """

    rig: Rig
    wanted: Mapping[str, int]
    most_ends: int
    ends: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def __post_init__(self) -> None:
        self._numbers = count()
        self._kept: list[Worker] = []

    def start(self) -> None:
        """Start all and wait until one of each service works."""
        self._fill()
        for service in self.wanted:
            self.rig.until_works(service)

    async def run(self) -> None:
        """Replace whatever ends, until cancelled."""
        while True:
            await asyncio.sleep(_TURN_SECONDS)
            await asyncio.to_thread(self._note_ends)
            assert sum(each.total() for each in self.ends.values()) <= self.most_ends, (
                f"workers end again and again: {dict(self.ends)}"
            )
            await asyncio.to_thread(self._fill)

    def _note_ends(self) -> None:
        for worker in [each for each in self._kept if not each.is_running]:
            self._kept.remove(worker)
            self.ends[worker.service][why_it_ended(worker)] += 1

    def _fill(self) -> None:
        for service, wanted in self.wanted.items():
            for _ in range(wanted - sum(each.service == service for each in self._kept)):
                self._kept.append(self.rig.start(service, str(next(self._numbers))))


def why_it_ended(worker: Worker) -> str:
    """The name of the error that ended a worker; its exit code where it does not say."""
    for line in worker.said("stage-failed"):
        return str(line["error"])
    last = worker.text().rstrip().rpartition("\n")[2]
    name = last.partition(":")[0].rpartition(".")[2]
    return name if name.isidentifier() else str(worker.exit_code())
