"""Workers that stand still at a point of their loop while others take over, and then go on."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import cycle, islice

from concordat.streams.loop import POINTS
from exchange_on_kafka import PUBLISHERS
from faults.bar import Bar, Ground
from faults.beside import beside
from faults.findings import Findings
from faults.keeper import Keeper
from faults.load import Load
from faults.outcome import Outcome, claim_exact, claim_tables, read_outcome
from faults.rig import Rig, open_rig
from faults.zombie.bugs import BUGS
from faults.zombie.position_watch import moved_back, watch_positions
from faults.zombie.withdrawals import (
    PUBLISHER,
    RECIPIENT,
    DistrictCrimes,
    Sweeper,
    passing,
    register_with,
    withdraw,
)
from faults.zombie.zombies import DELIVER_POINTS, LEFT_TO_ANOTHER, Zombie

STAGES = ("admit", "route")
EVENTS_PER_SECOND = 200
_SHORTEST, _LONGEST = {"admit": 7.0, "route": 7.0, "deliver": 12.0}, 20.0
_TURN_SECONDS = 0.05
BITES_SECONDS = 1.0


@dataclass
class Night:
    """What happened; by withdrawn agreement, what was read of it before and when it bites."""

    rig: Rig
    sweeper: Sweeper
    zombies: list[Zombie] = field(default_factory=list)
    withdrawn_at: dict[str, datetime] = field(default_factory=dict)
    read_before: dict[str, int] = field(default_factory=dict)
    gone_by: dict[str, float] = field(default_factory=dict)

    @property
    def read_after(self) -> list[str]:
        """The withdrawn agreements of which an item was returned to a later question than that."""
        last = self.sweeper.last
        return [each for each, time_ in self.gone_by.items() if last.get(each, 0.0) > time_]


async def run(ground: Ground) -> None:
    """Round by round two workers a stage and the writer stand still, and one agreement ends."""
    rounds = ground.pick(smoke=2, full=9)
    async with open_rig(ground, register_with(rounds)) as rig:
        await watch_positions(rig.superuser)
        keeper = Keeper(rig, {"admit": 3, "route": 3, "deliver": 2}, most_ends=4 * rounds)
        await asyncio.to_thread(rig.start_all, inbox=1)
        await asyncio.to_thread(keeper.start)
        night = Night(rig, Sweeper(rig, RECIPIENT))
        load = Load(rig, write=DistrictCrimes(rounds))
        async with beside(keeper.run(), night.sweeper.run()):
            await _play(ground, night, load, rounds)
        outcome = await read_outcome(rig)
        _claim_inboxes(ground.findings, outcome, load)
        await _claim_night(ground, night, keeper)


async def _play(ground: Ground, night: Night, load: Load, rounds: int) -> None:
    async with beside(load.run(EVENTS_PER_SECOND)):
        await _all_rounds(ground, night, rounds)
    await night.rig.until_drained(ground.pick(smoke=90, full=300))


async def _all_rounds(ground: Ground, night: Night, rounds: int) -> None:
    for number, points in enumerate(islice(_points(), rounds)):
        await _round(ground, night, number, points)


Points = list[tuple[str, str]]


def _points() -> Iterator[Points]:
    """For each round: which services stand still at which points."""
    halves, delivers = cycle([POINTS[:2], POINTS[2:]]), cycle(DELIVER_POINTS)
    while True:
        points = next(halves)
        stages = [(stage, point) for stage in STAGES for point in points]
        yield [*stages, ("deliver", next(delivers))]


async def _round(ground: Ground, night: Night, number: int, points: Points) -> None:
    agreement, sweeper = passing(number), night.sweeper
    while not sweeper.items[agreement.id]:  # noqa: ASYNC110 - the reader's progress
        await asyncio.sleep(_TURN_SECONDS)
    zombies = await asyncio.to_thread(_choose, ground, night.rig, points)
    night.zombies += zombies
    await asyncio.gather(*(zombie.stand() for zombie in zombies))
    night.withdrawn_at[agreement.id] = await withdraw(night.rig, agreement)
    night.gone_by[agreement.id] = time.monotonic() + BITES_SECONDS
    night.read_before[agreement.id] = sweeper.items[agreement.id]

    async def rest(zombie: Zombie) -> None:
        await zombie.sleep()
        await zombie.wake()

    await asyncio.gather(*(rest(zombie) for zombie in zombies))
    swept = sweeper.sweeps
    while sweeper.sweeps < swept + 2:  # noqa: ASYNC110 - the reader's progress
        await asyncio.sleep(_TURN_SECONDS)


def _choose(ground: Ground, rig: Rig, points: Points) -> list[Zombie]:
    """One worker for each point, no worker twice; of deliver it is the writer."""
    free = {stage: ground.draw.sample(rig.of(stage), len(rig.of(stage))) for stage in STAGES}
    free["deliver"] = [each for each in rig.of("deliver") if each.said("is the writer")]
    return [
        Zombie(rig, free[service].pop(), point, pause, late=service in STAGES and number % 2 == 1)
        for number, (service, point) in enumerate(points)
        for pause in [ground.draw.uniform(_SHORTEST[service], _LONGEST)]
    ]


def _claim_inboxes(findings: Findings, outcome: Outcome, load: Load) -> None:
    """The agreement that stays gives exactly two copies; the passing ones at most one, in order."""
    claim_exact(findings, _only(outcome, set(PUBLISHERS)), load.identities())
    claim_tables(findings, outcome)
    passing_ones = Findings()
    passed = _only(outcome, {RECIPIENT})
    claim_exact(passing_ones, passed, load.identities(), 0, _recipients_in_passing)
    findings.least(1, passing_deliveries=passing_ones.figures["deliveries"])
    findings.same([], wrong_in_the_passing_inbox=passing_ones.broken)


def _recipients_in_passing(publisher: str) -> tuple[str, ...]:
    return (RECIPIENT,) if publisher == PUBLISHER else ()


def _only(outcome: Outcome, agencies: set[str]) -> Outcome:
    deliveries = [each for each in outcome.deliveries if each[0] in agencies]
    numbers = {one: last for one, last in outcome.last_numbers.items() if one in agencies}
    return replace(outcome, deliveries=deliveries, last_numbers=numbers)


async def _claim_night(ground: Ground, night: Night, keeper: Keeper) -> None:
    findings, zombies = ground.findings, night.zombies
    ground.figure(
        zombies_by_point=dict(Counter(f"{each.stage} {each.point}" for each in zombies)),
        pauses_seconds=sorted(round(each.stood_still, 1) for each in zombies),
        ends={service: dict(why) for service, why in keeper.ends.items()},
        items_read_before_notice=night.read_before,
        sweeps=night.sweeper.sweeps,
    )
    findings.least(ground.pick(smoke=6, full=40), zombies=len(zombies))
    findings.least(7, shortest_pause_seconds=min(each.stood_still for each in zombies))
    findings.least(
        ground.pick(smoke=10, full=11), points=len({(each.stage, each.point) for each in zombies})
    )
    findings.least(1, items_stored_after_notice=await _stored_after_notice(night))
    findings.least(len(zombies), takeovers=sum(each.taken_over for each in zombies))
    findings.least(len(zombies), woke=sum(each.woke for each in zombies))
    findings.least(
        sum(each.has_work_in_hand for each in zombies) * 3 // 4,
        tried_and_refused=sum(each.tried_in_vain for each in zombies),
    )
    findings.none(
        positions_moved_back=await moved_back(night.rig.superuser),
        zombies_that_stored_on=sum(each.wrote_on for each in zombies),
        withdrawn_items_read_a_second_after_the_notice=len(night.read_after),
    )
    strange = keeper.ends["deliver"].keys() - set(LEFT_TO_ANOTHER)
    findings.same([], strange_ends_of_deliver=sorted(strange))


async def _stored_after_notice(night: Night) -> int:
    """How many deliveries under a withdrawn agreement came into the inbox after its notice."""
    counts = [
        await night.rig.superuser.fetchval(
            "SELECT count(*) FROM concordat.delivery WHERE agreement = $1 AND stored_at > $2",
            agreement,
            recorded_at,
        )
        for agreement, recorded_at in night.withdrawn_at.items()
    ]
    return sum(counts)


BAR = Bar("zombie", ("P2", "P4", "P5"), run, 30, BUGS)
