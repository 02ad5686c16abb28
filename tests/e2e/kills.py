"""Kills services of an exchange at points of their loops, each with much left to do."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from random import Random

from concordat.deliver.source import MAX_RECORDS
from concordat.stack.exchange import Exchange
from concordat.streams.loop import BATCH, POINTS
from crashing_service import Fate
from e2e.in_process import Witness, behind, eventually

LEAST_BEHIND = 1000
STAGES = ("admit", "route", "deliver")
_BATCHES = {"admit": BATCH, "route": BATCH, "deliver": MAX_RECORDS}
_DELIVER_POINTS = ("consumed", "stored", "committed")


@dataclass(frozen=True)
class Kill:
    """A planned kill: where, and after how many passes of that point."""

    service: str
    point: str
    passes: int

    @property
    def needs(self) -> int:
        """How far behind the service must be so that it is far enough behind when it dies."""
        return LEAST_BEHIND + (self.passes + 1) * _BATCHES[self.service]


@dataclass(frozen=True)
class Killed:
    """A kill that happened, and how many records the service had still to do then."""

    kill: Kill
    behind: int


def plan_kills(seed: int) -> dict[str, list[Kill]]:
    """Every point of every loop in an order of chance, and deliver's three twice."""
    chance = Random(seed)
    plan = {}
    for service in STAGES:
        points = [*_DELIVER_POINTS * 2] if service == "deliver" else [*POINTS]
        chance.shuffle(points)
        most_passes = 1 if service == "deliver" else 2
        plan[service] = [Kill(service, each, chance.randint(0, most_passes)) for each in points]
    return plan


class Executioner:
    """Carries out a plan on an exchange whose services are `crashing_service`."""

    def __init__(self, exchange: Exchange, witness: Witness, folder: Path) -> None:
        self._exchange, self._witness = exchange, witness
        self.fates = {service: Fate(folder, service) for service in STAGES}

    def hold_all(self) -> None:
        """Make every stage stand still at its next record."""
        for fate in self.fates.values():
            fate.hold()

    def release_all(self) -> None:
        """Let every stage go on."""
        for fate in self.fates.values():
            fate.release()

    async def carry_out(self, plan: dict[str, list[Kill]]) -> list[Killed]:
        """Kill each service as planned, all services at the same time; leave them running."""
        done = await asyncio.gather(*(self._kill_each(kills) for kills in plan.values()))
        return [killed for each in done for killed in each]

    async def _kill_each(self, kills: list[Kill]) -> list[Killed]:
        done = [await self._kill(kill) for kill in kills]
        self.fates[kills[0].service].release()
        return done

    async def _kill(self, kill: Kill) -> Killed:
        service, fate = kill.service, self.fates[kill.service]

        async def enough() -> bool:
            return await self._behind(service) >= kill.needs

        await eventually(enough, f"{kill.needs} records wait for {service}")
        lives = self._witness.deaths[service]
        fate.doom(kill.point, kill.passes)
        fate.release()

        async def dead() -> bool:
            if self._exchange.ended.done():
                self._exchange.ended.result()
            return self._witness.deaths[service] > lives

        await eventually(dead, f"{service} dies at {kill.point}")
        # It is held from now on: nothing moves until the next kill.
        return Killed(kill, await self._behind(service))

    async def _behind(self, service: str) -> int:
        return await behind(self._exchange.stack.kafka, self._exchange.auditor_dsn, service)


def table(killed: list[Killed]) -> str:
    """What was killed where, as text."""
    rows = [
        f"{each.kill.service:<8} {each.kill.point:<13} {each.kill.passes:>6} {each.behind:>7}"
        for each in killed
    ]
    return "\n".join(["stage    point         passes  behind", *rows])
