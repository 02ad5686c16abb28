"""kill -9 of deliver mid-batch; the hot standby takes over; 16 readers follow by cursor."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

from concordat.postgres.pool import open_pool
from concordat.postgres.roles import API
from faults.bar import Bar, Ground
from faults.beside import beside
from faults.kill_deliver.bugs import BUGS
from faults.kill_deliver.cursor_readers import HttpReader, Reader, RowsReader
from faults.kill_deliver.delivered import claim_delivered, claim_read
from faults.kill_deliver.fan_out import RECIPIENTS, FanOut, fan_out_register
from faults.kill_deliver.slow_commits import commit_slowly
from faults.rig import Rig, open_rig
from faults.workers import Worker

POINTS = ("consumed", "stored", "committed")
HELD = RECIPIENTS[0]
"""Now and then its controller suspends it: what was held is numbered anew beside what arrives."""
OVER_HTTP = RECIPIENTS[:8]
SLOWEST_COMMIT_SECONDS = 0.2
COMES_SECONDS, READ_SECONDS, HELD_SECONDS = 60.0, 90.0, 2.0


@dataclass
class Killing:
    """Ends the process that delivers, again and again, and has the other one take over."""

    rig: Rig
    draw: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    with_work: int = 0
    """How many of the kills at any moment hit a writer that had something to deliver."""

    async def kill(self, point: str) -> None:
        """Kill the writer at this point of its loop, or at any moment; wait for the standby."""
        active = await self._writer()
        if point == "moment":
            await asyncio.sleep(self.draw.random() * 0.6)
            self.with_work += await self.rig.undelivered() > 0
            await asyncio.to_thread(active.kill)
        else:
            active.orders.give("kill", point, self.draw.randint(0, 2))
            assert await asyncio.to_thread(active.exit_code, 120) == -9, active.tail()
        self.kills[point] += 1
        died = time.monotonic()
        await self._writer()
        self.seconds.append(time.monotonic() - died)
        self.rig.start("deliver", active.instance)

    async def _writer(self) -> Worker:
        async with asyncio.timeout(COMES_SECONDS):
            while True:
                for worker in self.rig.of("deliver"):
                    if worker.said("is the writer"):
                        return worker
                running = self.rig.of("deliver")
                assert running, "the standby left: " + self._last_words()
                await asyncio.sleep(0.02)

    def _last_words(self) -> str:
        return " ".join(self.rig.workers[f"deliver-{each}"].tail(600) for each in "01")


async def run(ground: Ground) -> None:
    """Kill and read until there were enough kills and enough deliveries; then compare all."""
    kills, events = ground.pick(smoke=(24, 1_500), full=(300, 72_000))
    async with open_rig(ground, fan_out_register()) as rig:
        await commit_slowly(rig, SLOWEST_COMMIT_SECONDS)
        await asyncio.to_thread(rig.start_all, deliver=2, inbox=1)
        fan_out, killing, over = (
            FanOut(rig, ground.draw),
            Killing(rig, ground.draw),
            asyncio.Event(),
        )
        async with reading(rig, ground.draw) as readers:
            async with asyncio.TaskGroup() as group:
                group.create_task(feed(fan_out, events, over))
                group.create_task(hold_and_release(fan_out, over))
                for number in range(kills):
                    await killing.kill((*POINTS, "moment")[number % 4])
                over.set()
            await fan_out.until_behind(0)
            await until_read(fan_out, readers)
        await claim_delivered(ground.findings, rig, fan_out)
        rows = ground.pick(smoke=20_000, full=1_000_000)
        await claim_read(ground.findings, rig, fan_out, readers, rows)
        claim_killed(ground, killing, kills)


def claim_killed(ground: Ground, killing: Killing, kills: int) -> None:
    """Claim that every kill hit a process that delivered, and that the other one took over."""
    findings, each = ground.findings, kills // 4
    findings.least(kills, kills=killing.kills.total(), takeovers=len(killing.seconds))
    findings.least(each, **{f"kills_at_{point}": killing.kills[point] for point in POINTS})
    findings.least(each, kills_at_any_moment=killing.kills["moment"])
    findings.least(each // 2, kills_at_any_moment_with_work=killing.with_work)
    seconds = sorted(killing.seconds)
    ground.figure(
        takeover_p50_seconds=round(seconds[len(seconds) // 2], 2),
        takeover_most_seconds=round(seconds[-1], 2),
        slowest_commit_seconds=SLOWEST_COMMIT_SECONDS,
    )


async def feed(fan_out: FanOut, events: int, over: asyncio.Event) -> None:
    """Keep deliver in batches of any size until there are enough events and no kill is to come."""
    while not over.is_set() or fan_out.events < events:
        await fan_out.until_behind(fan_out.draw.randint(0, 300))
        await fan_out.write(fan_out.draw.choice((1, 20, 100, 200)))


async def hold_and_release(fan_out: FanOut, over: asyncio.Event) -> None:
    """Suspend one inbox and let it go on, again and again; it goes on in the end."""
    while not over.is_set():
        await asyncio.sleep(HELD_SECONDS)
        suspension = await fan_out.suspend(HELD)
        await asyncio.sleep(HELD_SECONDS)
        await fan_out.resume(HELD, suspension)


@asynccontextmanager
async def reading(rig: Rig, draw: random.Random) -> AsyncIterator[list[Reader]]:
    """A reader for each inbox inside the block."""
    async with AsyncExitStack() as stack:
        pool = await stack.enter_async_context(open_pool(rig.database.dsn(API), max_size=4))
        readers: list[Reader] = []
        for agency in RECIPIENTS:
            own = random.Random(draw.random())
            if agency in OVER_HTTP:
                client = await stack.enter_async_context(rig.client(agency))
                readers.append(HttpReader(agency=agency, draw=own, client=client))
            else:
                readers.append(RowsReader(agency=agency, draw=own, pool=pool))
        async with beside(*(each.follow() for each in readers)):
            yield readers


async def until_read(fan_out: FanOut, readers: list[Reader]) -> None:
    """Wait until everybody has read all there is for it; what is not read in time is a finding."""
    with suppress(TimeoutError):
        async with asyncio.timeout(READ_SECONDS):
            for reader in readers:
                while fan_out.wanted[reader.agency] - reader.all_read:  # noqa: ASYNC110
                    await asyncio.sleep(0.1)


BAR = Bar("kill-deliver", ("P2", "P4"), run, 60, BUGS)
