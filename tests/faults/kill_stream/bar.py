"""kill -9 of admit and route at random moments and at every point of their loops."""

import asyncio
import random
import statistics

from concordat.streams.loop import POINTS
from faults.bar import Bar, Ground
from faults.beside import beside, run_all
from faults.kill_stream.bugs import BUGS
from faults.kill_stream.killings import BETWEEN_PRODUCE_AND_COMMIT, RANDOM, Stage, Tally, plan_of
from faults.load import Load
from faults.outcome import claim_exact, claim_tables, read_outcome
from faults.rig import open_rig

STAGES = ("admit", "route")
BEHIND = 5000


async def run(ground: Ground) -> None:
    """Two workers of each stage die by turns, a third one comes and goes; deliver lives on."""
    each_point, randoms = ground.pick(smoke=(1, 3), full=(28, 42))
    most_passes = ground.pick(smoke=2, full=6)
    visits = ground.pick(smoke=1, full=16)
    async with open_rig(ground) as rig:
        await asyncio.to_thread(rig.start_all, deliver=2)
        load = Load(rig)
        stages = [
            Stage(rig, name, draw, plan_of(draw, each_point, randoms), most_passes)
            for name in STAGES
            for draw in [random.Random(f"{ground.seed} {name}")]
        ]
        async with beside(load.feed(BEHIND)):
            await _play(stages, load, visits, ground.pick(smoke=15_000, full=1_000_000))
        await rig.until_drained(ground.pick(smoke=90, full=1200))
        outcome = await read_outcome(rig)
        claim_exact(ground.findings, outcome, load.identities())
        claim_tables(ground.findings, outcome)
        _claim_faults(ground, {stage.name: stage.tally for stage in stages})


async def _play(stages: list[Stage], load: Load, visits: int, events: int) -> None:
    """Every fault, side by side; the load goes on until there was enough of it."""
    await run_all(
        *(stage.kill_again_and_again(one) for stage in stages for one in ("0", "1")),
        *(stage.come_and_go("2", visits) for stage in stages),
    )
    while load.total < events:  # noqa: ASYNC110 - the load's progress
        await asyncio.sleep(0.1)


def _claim_faults(ground: Ground, tallies: dict[str, Tally]) -> None:
    findings, kills = ground.findings, sum(tally.kills.total() for tally in tallies.values())
    for name, tally in tallies.items():
        for point in (*POINTS, RANDOM):
            least = ground.pick(smoke=1, full=20)
            findings.least(least, **{f"kills_of_{name}_at_{point}": tally.kills[point]})
    behind = [count for tally in tallies.values() for count in tally.behind]
    findings.least(ground.pick(smoke=12, full=300), kills=kills)
    findings.least(
        ground.pick(smoke=4, full=100),
        kills_between_produce_and_commit=sum(
            tally.kills[point] for tally in tallies.values() for point in BETWEEN_PRODUCE_AND_COMMIT
        ),
    )
    findings.least(kills // 2, kills_with_events_behind=sum(count > 0 for count in behind))
    findings.least(
        ground.pick(smoke=3, full=60),
        joins_and_leaves=sum(tally.joins + tally.leaves for tally in tallies.values()),
    )
    for name, least in (
        ("events", ground.pick(smoke=15_000, full=1_000_000)),
        ("admissions_repeated", 1),
        ("routed_repeated", 1),
    ):
        findings.least(least, **{name: findings.figures[name]})
    wrong_ends = [end for tally in tallies.values() for end in tally.wrong_ends]
    ground.figure(events_behind_at_kill_median=statistics.median(behind), wrong_ends=wrong_ends)
    findings.same([], wrong_ends=wrong_ends)


BAR = Bar("kill-stream", ("P2", "P4"), run, 60, BUGS)
