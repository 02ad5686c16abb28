"""The broker is killed, paused and, where there are three, its partitions' leader is killed."""

import asyncio
import sys
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import chain
from signal import SIGABRT

from faults.arrivals import Arrivals, percentile
from faults.bar import Bar, Ground
from faults.broker.agency_load import AgencyLoad
from faults.broker.bugs import BUGS
from faults.broker.one_broker import open_servers
from faults.broker.supervised_workers import SupervisedWorkers
from faults.broker.three_brokers import open_cluster, open_rig_on
from faults.broker.tormentor import Fault, Tormentor
from faults.findings import Findings
from faults.outcome import claim_exact, claim_tables, read_outcome
from faults.rig import Rig, open_rig
from faults.workers import Worker
from waiting import until

LONGEST_STALL = 15.0
DRAINED_SECONDS = 1800.0
STAGES = ("admit", "route", "deliver")
_READY = ("every worker works", 240.0)


@dataclass(frozen=True)
class Sizes:
    """What is done to one exchange, and how much is published meanwhile at the least."""

    kills: int
    pauses: int
    per_second: float
    events: int


PAUSE_SECONDS = {"smoke": 20.0, "full": 70.0}
ONE = {"smoke": Sizes(2, 1, 300, 1_000), "full": Sizes(24, 3, 600, 800_000)}
# Three brokers, a stage on them and all publishers keep two processors busy at twice the rate.
THREE = {"smoke": Sizes(2, 0, 200, 1_000), "full": Sizes(36, 2, 200, 200_000)}


@dataclass(frozen=True)
class Part:
    """What came of one exchange: on one broker, or on three."""

    faults: list[Fault]
    stalls: list[list[float]]
    """By partition, for each fault; after a pause of the only broker counted from its end."""
    standstills: list[float]
    """Of all partitions at once."""
    silences: list[float]
    """Without an acknowledgement to any publisher."""
    told: int
    findings: Findings


async def run(ground: Ground) -> None:
    """Once on one broker, once on three; each has its own exchange under load throughout."""
    with ground.planted():
        parts = {"one_broker": await _on_one(ground), "three_brokers": await _on_three(ground)}
    _claim(ground, parts)


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


def _last_signs(rig: Rig) -> dict[str, list[str]]:
    """What each worker said last, and whether it runs and works."""
    return {
        worker.name: [
            f"running {worker.is_running}, ready {worker.ready()}",
            *(f"{line.get('timestamp')} {line.get('event')}" for line in worker.lines()[-5:]),
        ]
        for worker in rig.workers.values()
    }


def _show_stacks(rig: Rig) -> None:
    """Write where each worker stands to the bar's own log; it ends by that."""
    for worker in rig.workers.values():
        worker.send(SIGABRT)  # faulthandler writes the stack of every thread
        worker.exit_code()
        sys.stderr.write(f"{worker.name}:\n{worker.tail(8000)}\n")


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
            ground.figure(stood_still=await asyncio.to_thread(_last_signs, rig))
            ground.figure(positions=arrivals.positions, left=dict(keeper.deaths))
            await asyncio.to_thread(_show_stacks, rig)
            raise


def _claim(ground: Ground, parts: dict[str, Part]) -> None:
    findings, sizes = ground.findings, (ONE[ground.size], THREE[ground.size])
    every = [fault for part in parts.values() for fault in part.faults]
    stalls = [stall for part in parts.values() for each in part.stalls for stall in each]
    silences = [silence for part in parts.values() for silence in part.silences]
    for name, part in parts.items():
        longest = list(map(max, zip(*part.stalls, strict=True)))
        findings.figures[name] = {
            **part.findings.figures,
            **_seconds("stall", list(chain(*part.stalls))),
            "longest_stalls_s": _by_kind(part.faults, longest),
            **_seconds("standstill_of_all", part.standstills),
            "without_acknowledgement_s": _by_kind(part.faults, part.silences),
        }
        findings.broken += [f"{name}: {sentence}" for sentence in part.findings.broken]
    kills = [fault for fault in every if fault.kind.startswith("kill")]
    leaders = [fault for fault in every if fault.kind.endswith("leader")]
    findings.none(lost=sum(part.findings.figures["lost"] for part in parts.values()))
    findings.least(sum(each.kills for each in sizes), kills=len(kills))
    findings.least(sum(each.pauses for each in sizes), pauses=len(every) - len(kills))
    findings.least(0.9 * len(every), while_publishing=sum(fault.in_flight > 0 for fault in every))
    findings.least(0.9 * len(leaders), leaders_moved=sum(fault.moved for fault in leaders))
    told = sum(part.told for part in parts.values())
    findings.least(sum(each.events for each in sizes), acknowledged=told)
    findings.figures.update(
        pause_seconds=PAUSE_SECONDS[ground.size],
        **_seconds("stall", stalls),
        **_seconds("without_acknowledgement", silences),
    )
    if ground.size == "full":
        findings.most(LONGEST_STALL, stall_p99_s=findings.figures["stall_p99_s"])


def _by_kind(faults: Sequence[Fault], seconds: Sequence[float]) -> dict[str, list[float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for fault, each in sorted(zip(faults, seconds, strict=True), key=lambda pair: pair[1]):
        found[fault.kind].append(round(each, 1))
    return found


def _seconds(name: str, values: Sequence[float]) -> dict[str, float]:
    return {
        f"{name}_p50_s": round(percentile(values, 0.5), 1),
        f"{name}_p99_s": round(percentile(values, 0.99), 1),
        f"{name}_longest_s": round(max(values), 1),
    }


BAR = Bar("broker", ("P2", "P4"), run, 90, BUGS)
