"""Agencies join through the register under load; nobody else is to notice."""

import asyncio
import time
from collections.abc import Callable

import pytest
from confluent_kafka import Consumer, TopicPartition

from concordat.streams import clients
from concordat.streams.clients import common_settings
from concordat.streams.loop import StageLoop
from exchange_on_kafka import PUBLISHERS
from faults.arrivals import longest_gap, percentile
from faults.bar import Bar, Ground
from faults.join.new_topics import write_to_new_topics
from faults.join.newcomer import SHARED_BY, SHARES_WITH, Join, join
from faults.live import Live, latencies, live_events
from faults.load import Identity, other_publishers
from faults.outcome import claim_exact, claim_tables, read_outcome
from faults.rig import Rig, open_rig

MOST_SECONDS = 15.0
LONGEST_SILENCE, MOST_OTHERS_WAIT_MS = 5.0, 2000
REFRESH_SECONDS = 7.0
"""Every worker has seen the new topics by then, and the group has shared them out."""
Window = tuple[float, float]


async def run(ground: Ground) -> None:
    """Agency after agency joins, each after a while in which nothing happens."""
    joins: list[Join] = []
    quiet: list[Window] = []
    busy: list[Window] = []
    async with open_rig(ground) as rig:
        await asyncio.to_thread(rig.start_all, admit=2, route=1, deliver=1)
        async with live_events(rig, ground.pick(smoke=60, full=150)) as live:
            await _until_flowing(rig)
            for number in range(ground.pick(smoke=2, full=20)):
                quiet.append(await _window(REFRESH_SECONDS))
                joins.append(await join(rig, f"newcomer-{number:02d}"))
                busy.append((joins[-1].began, (await _window(REFRESH_SECONDS))[1]))
        await _claim_exact(ground, rig, live, joins)
        await _claim_joins(ground, rig, joins)
        await _claim_others(ground, rig, live, quiet, busy)
        _claim_rebalances(ground, rig, joins)
        rig.kill_all()
        await write_to_new_topics(ground, rig)


async def _until_flowing(rig: Rig) -> None:
    async with asyncio.timeout(120):
        while await rig.stored_events() < 100:  # noqa: ASYNC110 - other processes' progress
            await asyncio.sleep(0.1)


async def _window(seconds: float) -> Window:
    began = time.time()
    await asyncio.sleep(seconds)
    return began, time.time()


async def _claim_joins(ground: Ground, rig: Rig, joins: list[Join]) -> None:
    findings = ground.findings
    seconds = [each.seconds for each in joins]
    findings.least(ground.pick(smoke=2, full=20), joins=len(joins))
    findings.most(MOST_SECONDS, first_event_longest_s=round(max(seconds), 1))
    ground.figure(first_event_p50_s=round(percentile(seconds, 0.5), 1))
    served = await rig.ask("SELECT DISTINCT agency FROM concordat.delivery")
    newcomers = {each.agency for each in joins}
    findings.none(newcomers_not_served=len(newcomers - {row["agency"] for row in served}))


async def _claim_others(
    ground: Ground, rig: Rig, live: Live, quiet: list[Window], busy: list[Window]
) -> None:
    findings = ground.findings
    for name, windows in (("before", quiet), ("during", busy)):
        ranked = await latencies(rig, live, windows)
        findings.least(1, **{f"others_{name}": len(ranked)})
        p50, p99 = (round(1000 * percentile(ranked, share)) for share in (0.5, 0.99))
        ground.figure(**{f"others_{name}_p50_ms": p50})
        findings.most(MOST_OTHERS_WAIT_MS, **{f"others_{name}_p99_ms": p99})
    ground.figure(silence_before_s=round(await _longest_silence(rig, quiet), 1))
    findings.most(LONGEST_SILENCE, silence_during_s=round(await _longest_silence(rig, busy), 1))


def _claim_rebalances(ground: Ground, rig: Rig, joins: list[Join]) -> None:
    """Every join must have moved partitions, or nothing was tried."""
    rebalances = sum(len(worker.said("assigned")) for worker in rig.of("admit")) - 2
    ground.findings.least(len(joins), rebalances=rebalances)


async def _claim_exact(ground: Ground, rig: Rig, live: Live, joins: list[Join]) -> None:
    outcome = await read_outcome(rig)
    newcomers = [identity for each in joins for identity in each.identities()]
    published = [*_identities(live), *newcomers]
    agencies = frozenset(each.agency for each in joins)
    claim_exact(ground.findings, outcome, published, recipients_of=_recipients_of(agencies))
    claim_tables(ground.findings, outcome)


def _recipients_of(newcomers: frozenset[str]) -> Callable[[str], frozenset[str]]:
    """As `join` has them agree; newcomers share nothing with each other."""

    def recipients_of(publisher: str) -> frozenset[str]:
        if publisher in newcomers:
            return frozenset(SHARES_WITH)
        others = other_publishers(publisher)
        return others | newcomers if publisher == SHARED_BY else others

    return recipients_of


def _identities(live: Live) -> list[Identity]:
    numbered = enumerate(sorted(live.published))
    return [(f"//{PUBLISHERS[number % len(PUBLISHERS)]}", id_) for number, id_ in numbered]


async def _longest_silence(rig: Rig, windows: list[Window]) -> float:
    """The longest time in one of these windows in which no event of the others was stored."""
    rows = await rig.ask(
        "SELECT DISTINCT extract(epoch FROM stored_at)::float8 AS at "
        "FROM concordat.event WHERE id LIKE 'live-%'"
    )
    times = sorted(row["at"] for row in rows)
    return max(longest_gap(times, begin, end) for begin, end in windows)


# -- bugs -----------------------------------------------------------------------------------------


def undiscovered(patch: pytest.MonkeyPatch) -> None:
    """Workers look for new topics every five minutes, as is the client's default."""

    def settings(bootstrap: str, client_id: str) -> dict[str, object]:
        ours = common_settings(bootstrap, client_id)
        return {**ours, "topic.metadata.refresh.interval.ms": 300_000}

    patch.setattr("concordat.streams.service.common_settings", settings)


def dawdling(patch: pytest.MonkeyPatch) -> None:
    """A worker takes ten seconds over every assignment."""
    assigned = StageLoop._assigned

    def slowly(loop: StageLoop, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        time.sleep(10)
        assigned(loop, consumer, partitions)

    patch.setattr(StageLoop, "_assigned", slowly)


def several_in_flight(patch: pytest.MonkeyPatch) -> None:
    """Five produce requests at a time, as is the client's default."""
    patch.setattr(clients, "IN_FLIGHT", 5)


BAR = Bar(
    "join",
    ("P2", "P4"),
    run,
    40,
    {
        "undiscovered": undiscovered,
        "dawdling": dawdling,
        "several-in-flight": several_in_flight,
    },
)
