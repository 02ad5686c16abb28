"""Workers kept running as the stack's supervisor keeps its services."""

import asyncio
from collections import Counter, defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from concordat.stack.restart_policy import Life, RestartAfter, RestartPolicy
from faults.beside import beside
from faults.keeper import why_it_ended
from faults.rig import Rig
from faults.workers import Worker

# Never given up, as the supervisor would: a bar kills more often than any real fault does.
_POLICY = RestartPolicy(deaths=1_000_000)
_LOOK_SECONDS = 0.1


@dataclass
class SupervisedWorkers:
    """Starts a worker of a rig again when it has ended, with the supervisor's backoff."""

    rig: Rig
    deaths: Counter[str] = field(default_factory=Counter)
    """How often each service left by itself, and what it said."""
    _started: dict[str, float] = field(default_factory=dict)
    _lives: dict[str, list[Life]] = field(default_factory=lambda: defaultdict(list))

    @asynccontextmanager
    async def keeping(self) -> AsyncIterator["SupervisedWorkers"]:
        """Keep the workers that the rig has, inside the block."""
        clock = asyncio.get_running_loop().time
        self._started = dict.fromkeys(self.rig.workers, clock())
        async with beside(*map(self._keep, self.rig.workers)):
            yield self

    async def _keep(self, name: str) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            worker = self.rig.workers[name]
            if not worker.is_running:
                await asyncio.sleep(self._pause_after(worker))
                self.rig.start(worker.service, worker.instance)
                self._started[name] = asyncio.get_running_loop().time()

    def _pause_after(self, worker: Worker) -> float:
        now = asyncio.get_running_loop().time()
        self.deaths[f"{worker.service}: {_last_words(worker)}"] += 1
        lives = self._lives[worker.name]
        lives.append(Life(self._started[worker.name], now))
        decision = _POLICY.decide(lives[-64:])
        assert isinstance(decision, RestartAfter)
        return decision.seconds


def _last_words(worker: Worker) -> str:
    reasons = [str(line["reason"]) for line in worker.said("stage-failed")]
    return " ".join([why_it_ended(worker), *reasons])
