"""The witness: one record of poison and one kill -9, for a plain Faust agent and for our worker.

The poison is a record at which the code raises, whoever runs it, until the code is mended.

It is the documented reason for our worker. Once the plain agent neither loses nor doubles a record
under its own exactly-once setting, the bar does not hold: then the reason is gone.
"""

import asyncio
import time

import pytest

from concordat.streams.loop import StageLoop
from faults.bar import Bar, Ground, Plant
from faults.beside import run_all
from faults.findings import Findings
from faults.load import Load
from faults.outcome import claim_exact, read_outcome
from faults.rig import Rig, open_rig
from faults.witness.plain_faust import PlainFaust
from faults.worker import Poisoned
from waiting import until

_WAIT_SECONDS, _ENDS_SECONDS, _TURN_SECONDS = 240.0, 15.0, 0.05


async def run(ground: Ground) -> None:
    """The same for both: so many records, poison among them, a kill half-way, and mended code."""
    records = ground.pick(smoke=2000, full=30_000)
    with ground.planted():
        async with open_rig(ground) as rig:
            agent = PlainFaust(rig.exchange.kafka, ground.stacks.folder("agent"))
            copied, our_findings = await run_all(agent.run(records), _ours(rig, records))
    ground.figure(records=records, faust_lost=copied.lost, faust_doubled=copied.doubled)
    findings = ground.findings
    findings.least(1, faust_failures=copied.failures, faust_copied_at_kill=copied.copied_at_kill)
    findings.least(1, faust_lost_or_doubled=copied.lost + copied.doubled)
    findings.same([], ours_broken=our_findings.broken)
    for name in ("lost", "delivered_twice", "routed_repeated"):
        ground.figure(**{f"ours_{name}": our_findings.figures[name]})


async def _ours(rig: Rig, records: int) -> Findings:
    """Route ends at the poison, twice; the mended one is killed with records acknowledged."""
    await asyncio.to_thread(rig.start_all, admit=1, deliver=1)
    load, findings = Load(rig), Findings()
    await load.publish(records // 3)
    await asyncio.to_thread(rig.exchange.until_drained, "admit")
    poison = b"police-%08d" % (load.published["police"] // 2)
    ends = [await asyncio.to_thread(_meets, rig, str(number), poison) for number in range(2)]
    findings.same(["Poisoned", "Poisoned"], poison_ends_it=ends)
    await load.publish(records // 3)
    mended = rig.start("route", "2")
    mended.orders.give("kill", "acknowledged")
    await asyncio.to_thread(until, lambda: not mended.is_running, "it is killed", _WAIT_SECONDS)
    rig.start("route", "3")
    await load.publish(records - load.total)
    await rig.until_drained()
    claim_exact(findings, await read_outcome(rig), load.identities())
    return findings


def _meets(rig: Rig, instance: str, poison: bytes) -> str:
    """By which error a worker ends that has the poison before it; empty when it does not."""
    worker = rig.start("route", instance, poison=poison)
    until(lambda: not worker.is_running or worker.ready()[0], "it works", _WAIT_SECONDS)
    deadline = time.monotonic() + _ENDS_SECONDS
    while worker.is_running and time.monotonic() < deadline:
        time.sleep(_TURN_SECONDS)
    ended = not worker.is_running
    worker.kill()  # what it lost by going on is to be seen
    said = worker.said("stage-failed")
    return str(said[-1]["error"]) if ended and said else ""


def go_on_after_an_error(patch: pytest.MonkeyPatch) -> None:
    """Do as Faust's agent does: drop what could not be done, and commit beyond it."""
    turn = StageLoop._turn

    def tolerant(loop: StageLoop) -> None:
        try:
            turn(loop)
        except Poisoned:
            return

    patch.setattr(StageLoop, "_turn", tolerant)


def leave_faust_in_peace(patch: pytest.MonkeyPatch) -> None:
    """Neither poison nor kill: what the agent does not lose cannot be our reason."""
    patch.setattr(PlainFaust, "faults", False)


BUGS: dict[str, Plant] = {
    "go-on-after-an-error": go_on_after_an_error,
    "leave-faust-in-peace": leave_faust_in_peace,
}
BAR = Bar("witness", ("P2",), run, 15, BUGS)
