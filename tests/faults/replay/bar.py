"""The whole log of admissions decided again, while live events go on; `routed` read again."""

import asyncio
import time
from collections.abc import Mapping
from signal import SIGCONT, SIGSTOP
from typing import Any

import pytest

import concordat.stack.replay_count as counting
from builders import Exchange, agreement_of, share_of
from concordat.agreements.document import Agreement
from concordat.deliver.replay import forget_positions
from concordat.postgres.roles import DELIVER
from concordat.stack.replay import BATCH
from concordat.stack.replay_throttle import SLOWEST_SECONDS, Throttle
from concordat.stages.routed import RoutedRecord, SharedRecord
from exchange_on_kafka import AGREEMENT, PUBLISHERS
from faults.bar import Bar, Ground
from faults.live import Live, latencies, live_events
from faults.load import Load
from faults.outcome import claim_order, read_outcome
from faults.replay.process import running_replay
from faults.replay.rows import Rows, read_rows
from faults.rig import Rig, open_rig
from waiting import until

PER_SECOND = 200
MOST_TIMES = {"smoke": 4.0, "full": 2.0}
"""In a few short windows one pause of the broker is the p99."""
NEWCOMER = "fire"
_CHUNK = 20_000
_STANDING_SECONDS = 5.0
Window = tuple[float, float]


async def run(ground: Ground) -> None:
    """Fill the log, replay it for everybody beside live events, and look for any difference."""
    register = _register()
    async with open_rig(ground, register) as rig:
        await asyncio.to_thread(rig.start_all, admit=1, route=1, deliver=1)
        load = Load(rig)
        whole = ground.pick(smoke=8_000, full=250_000)
        while load.total < whole:
            await load.publish(min(_CHUNK, whole - load.total))
        await rig.until_drained(3600)
        before = await read_rows(rig)
        ground.findings.least(whole, rows_before=before.total)
        async with live_events(rig, PER_SECOND) as live:
            quiet, busy = await _replay_for_all(ground, rig, whole)
            await _give_way(ground, rig)
        await _claim_unchanged(ground, rig, before, "replays")
        await _claim_latency(ground, rig, live, quiet, busy)
        await _read_routed_again(ground, rig, whole)
        await _claim_unchanged(ground, rig, before, "routed")
        await _let_in(ground, rig, register, before)


async def _replay_for_all(
    ground: Ground, rig: Rig, whole: int
) -> tuple[list[Window], list[Window]]:
    """Replay for one agency after another; return the windows without and with a replay."""
    alone = ground.pick(smoke=5.0, full=30.0)
    quiet, busy, given, looked_at = [await _window(alone)], [], 0, []
    for agency in PUBLISHERS:
        began = time.time()
        async with running_replay(rig, agency) as replay:
            given += await replay.given()
        busy.append((began, time.time()))
        looked_at.append(replay.looked_at)
        quiet.append(await _window(alone))
    ground.findings.least(whole, decided_again_for_each=min(looked_at))
    ground.findings.none(deliveries_given=given)
    ground.figure(decided_again_per_second=round(sum(looked_at) / _seconds(busy)))
    return quiet, busy


async def _give_way(ground: Ground, rig: Rig) -> None:
    """Route stands still and live records wait: a replay must be slow, until route goes on."""
    route = rig.of("route")[0]
    route.send(SIGSTOP)
    try:
        async with running_replay(rig, PUBLISHERS[0]) as replay:
            await asyncio.to_thread(until, lambda: replay.looked_at, "the replay begins")
            await asyncio.sleep(1)
            before, began = replay.looked_at, time.monotonic()
            await asyncio.sleep(_STANDING_SECONDS)
            meanwhile, seconds = replay.looked_at - before, time.monotonic() - began
            route.send(SIGCONT)
            stood_at = replay.looked_at
            await asyncio.to_thread(until, lambda: replay.looked_at > stood_at, "it goes on")
    finally:
        route.send(SIGCONT)
    slowest = BATCH * (seconds / SLOWEST_SECONDS + 1)
    ground.findings.most(slowest, decided_again_while_live_records_waited=meanwhile)
    ground.findings.least(1, decided_again_afterwards=replay.looked_at - stood_at)


async def _read_routed_again(ground: Ground, rig: Rig, whole: int) -> None:
    """`concordat replay routed`: deliver begins at the start of its log."""
    for worker in rig.of("deliver"):
        assert await asyncio.to_thread(worker.leave) == 0
    dsn, topic = rig.database.dsn(DELIVER), rig.exchange.topics.routed
    ground.findings.least(1, positions_forgotten=await forget_positions(dsn, topic))
    ground.findings.least(whole, routed_to_read_again=await rig.undelivered())
    rig.start("deliver", "0")
    await asyncio.to_thread(rig.until_works, "deliver")
    await rig.until_drained(3600)


async def _claim_unchanged(ground: Ground, rig: Rig, before: Rows, after: str) -> None:
    now = await read_rows(rig)
    ground.findings.none(**{f"new_rows_after_{after}": now.new(before)})
    ground.findings.none(**{f"changed_tables_after_{after}": now.changed(before)})


async def _claim_latency(
    ground: Ground, rig: Rig, live: Live, quiet: list[Window], busy: list[Window]
) -> None:
    alone, beside = await latencies(rig, live, quiet), await latencies(rig, live, busy)
    ground.findings.least(300, live_events_alone=len(alone), live_events_beside=len(beside))
    p99 = {"alone": _p99(alone), "beside": _p99(beside)}
    ground.figure(**{f"live_p99_ms_{name}": round(value * 1000) for name, value in p99.items()})
    ground.findings.most(
        MOST_TIMES[ground.size], live_p99_times=round(p99["beside"] / p99["alone"], 2)
    )


async def _let_in(ground: Ground, rig: Rig, register: Exchange, before: Rows) -> None:
    """A party signs late: a replay gives it what was withheld, once, and nobody else a thing."""
    register.sign(_late_agreement(), "fire-authority")
    rig.exchange.write_register()
    withheld = await rig.ask("SELECT count(*) AS n FROM concordat.event WHERE publisher = 'police'")
    async with live_events(rig, PER_SECOND) as live:
        began = time.time()
        async with running_replay(rig, NEWCOMER) as replay:
            first = await replay.given()
        busy = [(began, time.time())]
        async with running_replay(rig, NEWCOMER) as replay:
            second = await replay.given()
    late = await latencies(rig, live, busy)
    ground.figure(live_p99_ms_beside_delivering=round(_p99(late) * 1000) if late else None)
    ground.findings.same(withheld[0]["n"], given_to_newcomer=first)
    ground.findings.none(given_to_newcomer_again=second)
    now = await read_rows(rig, besides=NEWCOMER)
    ground.findings.none(new_rows_of_others=now.new(before))
    await rig.until_drained()
    claim_order(ground.findings, await read_outcome(rig), besides=NEWCOMER)


async def _window(seconds: float) -> Window:
    began = time.time()
    await asyncio.sleep(seconds)
    return began, time.time()


def _seconds(windows: list[Window]) -> float:
    return sum(end - begin for begin, end in windows)


def _p99(ranked: list[float]) -> float:
    return ranked[-(-len(ranked) * 99 // 100) - 1] if ranked else float("inf")


def _register() -> Exchange:
    controllers = {
        "police-authority": ["police"],
        "council": ["social-care"],
        "charity": ["womens-aid"],
        "fire-authority": [NEWCOMER],
    }
    register = Exchange(controllers)
    register.add(AGREEMENT, signed_by=["police-authority", "council", "charity"])
    register.add(_late_agreement(), signed_by=["police-authority"])
    assert not register.keeper.register.refused, "the register refuses what this bar is about"
    return register


def _late_agreement() -> Agreement:
    party = {"acts_as": "controller", "keep_days": 365}
    return agreement_of(
        id="late-agreement",
        effective={"from": "2026-01-01", "until": "2999-12-31"},
        parties={"police": party, NEWCOMER: party},
        shares=[share_of(to=[NEWCOMER])],
    )


# -- planted bugs ------------------------------------------------------------------------------


def give_again(patch: pytest.MonkeyPatch) -> None:
    """Write what the inbox has already: every event is redecided, though nothing has changed."""

    def all_of_it(routed: RoutedRecord, _copies: Mapping[str, Any]) -> list[SharedRecord]:
        return routed.shared

    patch.setattr(counting, "to_give", all_of_it)


def replace_copies(patch: pytest.MonkeyPatch) -> None:
    """Write what the inbox has already, and let it take the place of the copy that is there."""
    give_again(patch)

    def replaces(delivery: Any, _before: Any) -> bool:
        return delivery.replay is not None

    patch.setattr("concordat.deliver.numbering._replaces", replaces)


def never_give_way(patch: pytest.MonkeyPatch) -> None:
    """Replay at full speed, however long live records wait."""

    async def at_once(_throttle: Throttle) -> None:
        return

    patch.setattr(Throttle, "give_way", at_once)


BAR = Bar(
    "replay",
    ("P2", "P4"),
    run,
    80,
    {
        "give-again": give_again,
        "replace-copies": replace_copies,
        "never-give-way": never_give_way,
    },
)
