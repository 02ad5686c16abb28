"""One broker is killed and paused; of three, the leader of a partition is killed and paused."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from faults.arrivals import Arrivals
from faults.bar import Bar, Ground
from faults.broker.agency_load import AgencyLoad
from faults.broker.bugs import BUGS
from faults.broker.claims import STALL_P99_SECONDS, Part, Sizes, claim
from faults.broker.last_signs import last_signs, show_stacks
from faults.broker.one_broker import open_servers
from faults.broker.supervised_workers import SupervisedWorkers
from faults.broker.three_brokers import open_cluster, open_rig_on
from faults.broker.tormentor import Tormentor
from faults.findings import Findings
from faults.outcome import claim_exact, claim_tables, read_outcome
from faults.rig import Rig, open_rig
from faults.workers import Worker
from waiting import until

DRAINED_SECONDS = 1800.0
STAGES = ("admit", "route", "deliver")
_READY = ("every worker works", 240.0)
PAUSE_SECONDS = {"smoke": 20.0, "full": 70.0}
ONE = {"smoke": Sizes(2, 1, 300, 1_000), "full": Sizes(24, 3, 600, 800_000)}
# At 400 a second three brokers, the workers and the publishers would use up two processors.
THREE = {"smoke": Sizes(2, 0, 200, 1_000), "full": Sizes(36, 2, 200, 200_000)}


async def run(ground: Ground) -> None:
    """Once on one broker, once on three; each has its own exchange under load throughout."""
    with ground.planted():
        parts = {"one_broker": await _on_one(ground), "three_brokers": await _on_three(ground)}
    claim(ground.findings, parts, (ONE[ground.size], THREE[ground.size]))
    ground.figure(pause_seconds=PAUSE_SECONDS[ground.size])
    ground.findings.most(STALL_P99_SECONDS, stall_p99_s=ground.findings.figures["stall_p99_s"])


async def _on_one(ground: Ground) -> Part:
    sizes = ONE[ground.size]
    async with (
        open_servers(ground) as (servers, addresses),
        open_rig(ground, servers=addresses) as rig,
        _under_load(ground, rig, sizes) as tormented,
    ):
        for _ in range(sizes.kills):
            await tormented.tormentor.kill_the_only_one(servers)
        for _ in range(sizes.pauses):
            await tormented.tormentor.pause_the_only_one(servers, PAUSE_SECONDS[ground.size])
        return await tormented.part(sizes)


async def _on_three(ground: Ground) -> Part:
    sizes = THREE[ground.size]
    async with (
        open_cluster(ground) as cluster,
        open_rig_on(ground, cluster) as rig,
        _under_load(ground, rig, sizes) as tormented,
    ):
        for _ in range(sizes.kills):
            await tormented.tormentor.kill_a_leader(cluster)
        for _ in range(sizes.pauses):
            await tormented.tormentor.pause_a_leader(cluster, PAUSE_SECONDS[ground.size])
        return await tormented.part(sizes)


@dataclass(frozen=True)
class _Tormented:
    rig: Rig
    load: AgencyLoad
    arrivals: Arrivals
    keeper: SupervisedWorkers
    tormentor: Tormentor
    publishing: AsyncExitStack

    async def part(self, sizes: Sizes) -> Part:
        """Publish what is missing, let everything drain, and compare."""
        await self.tormentor.finish()
        while self.load.told < sizes.events:  # noqa: ASYNC110 - the publishers' progress
            await asyncio.sleep(0.5)
        await self.publishing.aclose()
        await self.rig.until_drained(DRAINED_SECONDS)
        findings = Findings()
        outcome = await read_outcome(self.rig)
        told = set(self.load.identities())
        unsure = set(self.load.every_identity()) - told
        # Stored without an acknowledgement is no promise, but then it must be right as well.
        claim_exact(findings, outcome, told | (unsure & set(outcome.events)))
        claim_tables(findings, outcome)
        findings.figures.update(
            left_and_started_again=dict(self.keeper.deaths), publishers_gave_up=self.load.given_up
        )
        return Part(
            self.tormentor.faults,
            [self.tormentor.stalls(times) for times in self.arrivals.times.values()],
            self.tormentor.stalls(self.arrivals.of_any),
            self.tormentor.stalls(self.load.answers),
            len(told),
            findings,
        )


def _works(worker: Worker) -> bool:
    return worker.is_running and worker.ready()[0]


@asynccontextmanager
async def _under_load(ground: Ground, rig: Rig, sizes: Sizes) -> AsyncIterator[_Tormented]:
    for service in STAGES:
        rig.start(service)
    load, arrivals = AgencyLoad(rig, sizes.per_second), Arrivals(rig)
    async with (
        SupervisedWorkers(rig).keeping() as keeper,
        arrivals.watched(),
        AsyncExitStack() as publishing,
    ):
        # Kept from the first: one may already leave while it starts.
        await asyncio.to_thread(until, lambda: all(map(_works, rig.workers.values())), *_READY)
        await publishing.enter_async_context(load.running())
        tormentor = Tormentor(load, arrivals, ground.draw)
        try:
            yield _Tormented(rig, load, arrivals, keeper, tormentor, publishing)
        except TimeoutError:
            ground.figure(stood_still=await asyncio.to_thread(last_signs, rig))
            ground.figure(positions=arrivals.positions, left=dict(keeper.deaths))
            await asyncio.to_thread(show_stacks, rig)
            raise


BAR = Bar("broker", ("P2", "P4"), run, 90, BUGS)
