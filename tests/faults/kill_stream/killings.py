"""Workers of a stage that are killed again and again, and one that joins and leaves."""

import asyncio
import random
import signal
from collections import Counter, deque
from dataclasses import dataclass, field

from concordat.streams.loop import POINTS
from faults.rig import Rig
from faults.workers import Worker

RANDOM = "random"
BETWEEN_PRODUCE_AND_COMMIT = ("produced", "acknowledged")
_WAIT_SECONDS = 240.0
_TURN_SECONDS = 0.05


@dataclass
class Tally:
    """What was done to one stage."""

    kills: Counter[str] = field(default_factory=Counter)
    """By point of the loop, or at a random moment."""
    behind: list[int] = field(default_factory=list)
    """At each kill: how many records the stage had still before it."""
    joins: int = 0
    leaves: int = 0
    wrong_ends: list[str] = field(default_factory=list)


@dataclass
class Stage:
    """One stage under fire: `plan` says where its next victims die."""

    rig: Rig
    name: str
    draw: random.Random
    plan: deque[str]
    most_passes: int
    tally: Tally = field(default_factory=Tally)

    @property
    def is_done(self) -> bool:
        """Whether nobody is left to be killed."""
        return not self.plan

    async def kill_again_and_again(self, instance: str) -> None:
        """Kill the worker of this instance for each point of the plan; at last it stays.

        Nobody waits for the dead member to be missed: half of the time the next one is there first.
        """
        while self.plan:
            await self._kill(self.rig.start(self.name, instance), self.plan.popleft())
            self.tally.behind.append(await asyncio.to_thread(self.rig.exchange.behind, self.name))
            if self.draw.random() < 0.5:
                await asyncio.sleep(self.draw.uniform(1, 8))
        self.rig.start(self.name, instance)

    async def _kill(self, worker: Worker, point: str) -> None:
        if point == RANDOM:
            await until_assigned(worker)
            await asyncio.sleep(self.draw.uniform(0, 1.5))
            worker.send(signal.SIGKILL)
        else:
            worker.orders.give("kill", point, self.draw.randint(0, self.most_passes))
        code = await asyncio.to_thread(worker.exit_code, _WAIT_SECONDS)
        if code == -signal.SIGKILL:
            self.tally.kills[point] += 1
        else:
            self.tally.wrong_ends.append(f"{worker.name} killed: {code}")

    async def come_and_go(self, instance: str, times: int) -> None:
        """Let one more worker join and leave in order; counted once it had partitions."""
        for _ in range(times):
            worker = self.rig.start(self.name, instance)
            await until_assigned(worker)
            self.tally.joins += 1
            await asyncio.sleep(self.draw.uniform(0, 2))
            code = await asyncio.to_thread(worker.leave)
            if code == 0:
                self.tally.leaves += 1
            else:
                self.tally.wrong_ends.append(f"{worker.name} left: {code}")


async def until_assigned(worker: Worker) -> None:
    """Return once the worker has partitions, whatever becomes of the others meanwhile."""
    async with asyncio.timeout(_WAIT_SECONDS):
        while not any(line["count"] for line in worker.said("assigned")):
            assert worker.is_running, f"{worker.name} ended: {worker.tail()}"
            await asyncio.sleep(_TURN_SECONDS)


def plan_of(draw: random.Random, each_point: int, randoms: int) -> deque[str]:
    """So many kills at each point and at random moments, in a drawn order."""
    points = [*POINTS * each_point, *[RANDOM] * randoms]
    return deque(draw.sample(points, len(points)))
