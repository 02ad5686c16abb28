"""`concordat up` is killed, finds its ports taken, and has Kafka's disk filled under load."""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import astuple
from functools import partial
from pathlib import Path

import pytest

from busy_ports import busy_ports
from concordat.stack.embedded import forget
from concordat.stack.exchange import ExchangePorts
from concordat.stack.leftovers import stop_leftovers
from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory
from faults.bar import Bar, Ground, Plant
from faults.small_disk import Disk, small_disk
from faults.supervisor import planted
from faults.supervisor.lives import Agency, Life, live

FULL_SECONDS = 180.0


class Scene:
    """One state and one agency over many lives; counts what went wrong."""

    def __init__(self, ground: Ground, state: Path, disk: Disk) -> None:
        self.ground, self.state, self.disk = ground, state, disk
        self.agency = Agency()
        self.counts: Counter[str] = Counter()

    async def killed(self, least: int) -> None:
        """A life under load that SIGKILL ends."""
        life = live(self.state)
        try:
            await life.ready()
            async with self._load(life.up.stack):
                await self._until_told(least)
                await asyncio.sleep(self.ground.draw.uniform(0, 2))
                self.counts["orphans"] += await life.kill()
            self.counts["kills"] += 1
        finally:
            life.up.end()

    async def killed_early(self) -> None:
        """A life that SIGKILL ends while it starts."""
        life = live(self.state)
        try:
            await asyncio.sleep(self.ground.draw.uniform(0.5, 6))
            self.counts["orphans"] += await life.kill()
            self.counts["kills_while_starting"] += 1
        finally:
            life.up.end()

    async def starts_beside(self) -> None:
        """A life that finds its ports taken."""
        with busy_ports(astuple(ExchangePorts())):
            replaced = await self._goes_on()
        self.counts["ports_taken"] += len(astuple(ExchangePorts()))
        self.counts["ports_replaced"] += replaced

    async def goes_on(self) -> None:
        """A life in which everything acknowledged arrives."""
        await self._goes_on()

    async def fills_its_disk(self) -> None:
        """A life whose Kafka has no room left: it says so and ends. Then room is made."""
        life = live(self.state)
        try:
            await life.ready()
            async with self._load(life.up.stack):
                await asyncio.to_thread(self.disk.fill, life.up.stack.pids["kafka"])
                wait = partial(life.up.process.wait, FULL_SECONDS)
                code = await asyncio.to_thread(wait)
            self.counts["full"] += 1
            self.counts["orphans"] += await life.orphans()
            said = f"stopped: kafka ended with code 1: {self.disk.sentence}"
            self.counts["full_not_said"] += code != 70 or said not in life.up.said
        finally:
            life.up.end()
            self.disk.make_room()

    async def _goes_on(self) -> int:
        life = live(self.state)
        try:
            await life.ready()
            replaced = _ports_replaced(life)
            await self._compare(life)
            assert await asyncio.to_thread(life.up.interrupt) == 0
            self.counts["orphans"] += await life.orphans()
        finally:
            life.up.end()
        return replaced

    async def _compare(self, life: Life) -> None:
        found = await life.compare(self.agency)
        self.counts["comparisons"] += 1
        self.counts["reached_somebody"] = found.pop("reached_somebody")
        self.counts.update(found)

    @asynccontextmanager
    async def _load(self, stack: Stack) -> AsyncIterator[None]:
        stop = asyncio.Event()
        publishing = asyncio.create_task(self.agency.publish(stack.kafka, stop))
        try:
            yield
        finally:
            publishing.cancel()
            await asyncio.wait([publishing])
        if not publishing.cancelled():
            publishing.result()

    async def _until_told(self, more: int) -> None:
        wanted = self.agency.told + more
        async with asyncio.timeout(FULL_SECONDS):
            while self.agency.told < wanted:  # noqa: ASYNC110 - the publisher's progress
                await asyncio.sleep(0.05)


async def run(ground: Ground) -> None:
    """Kills, each followed by a start beside taken ports; full disks, each by one with room."""
    state = ground.stacks.folder("supervisor") / "state"
    try:
        with ground.planted(), small_disk(state / "kafka") as disk:
            scene = Scene(ground, state, disk)
            try:
                await _play(ground, scene)
            finally:
                await asyncio.to_thread(_end_leftovers, state)
    finally:
        await asyncio.to_thread(forget, StateDirectory(state), _say_nothing)
    ground.figure(way=disk.way, acknowledged=scene.agency.told)
    _claim(ground, scene.counts)


async def _play(ground: Ground, scene: Scene) -> None:
    for turn in range(ground.pick(smoke=1, full=10)):
        await scene.killed(ground.pick(smoke=300, full=2000))
        if ground.size == "full":
            await scene.killed_early()
        if ground.size == "smoke" or turn % 3 == 0:
            await scene.starts_beside()
    for _ in range(ground.pick(smoke=1, full=3)):
        await scene.fills_its_disk()
        await scene.goes_on()


def _claim(ground: Ground, counts: Counter[str]) -> None:
    findings = ground.findings
    for name in ("orphans", "lost", "wrongly_delivered", "numbers_missing", "full_not_said"):
        findings.none(**{name: counts[name]})
    findings.same(counts["ports_taken"], ports_replaced=counts["ports_replaced"])
    least = ground.pick(
        smoke={"kills": 1, "ports_taken": 3, "full": 1, "reached_somebody": 100},
        full={"kills": 10, "ports_taken": 12, "full": 3, "reached_somebody": 5_000}
        | {"kills_while_starting": 10},
    )
    for name, count in least.items():
        findings.least(count, **{name: counts[name]})
    findings.least(2, comparisons=counts["comparisons"])


def _ports_replaced(life: Life) -> int:
    """How many ports are said to be busy, each with the one that took its place."""
    stack, said = life.up.stack, life.up.said
    places = {"kafka": stack.kafka, "postgres": f":{stack.postgres_port}", "the API": stack.api}
    return sum(
        f"port {port} is busy: {name} listens on {str(place).rpartition(':')[2]}\n" in said
        for port, (name, place) in zip(astuple(ExchangePorts()), places.items(), strict=True)
    )


def _end_leftovers(state: Path) -> None:
    directory = StateDirectory(state)
    directory.claim()
    stop_leftovers(directory, _say_nothing)
    directory.release()


def _say_nothing(_sentence: str) -> None:
    """The bar's one line is all that is printed."""


def _plant(bug: str) -> Plant:
    def plant(patch: pytest.MonkeyPatch) -> None:
        command = (sys.executable, str(planted.FILE), bug)
        patch.setattr("e2e.up.CONCORDAT", command)

    return plant


BAR = Bar(
    "supervisor",
    ("P2",),
    run,
    60,
    {bug: _plant(bug) for bug in planted.BUGS},
)
