"""Every event ten times, some under the id of another, also after new parties came into force."""

import asyncio
import threading
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain
from typing import Any

import msgspec
import pytest

import concordat.deliver.plan as planning
from builders import Exchange, agreement_of, share_of
from concordat.agreements.document import Agreement
from concordat.deliver.plan import Known, Plan
from concordat.deliver.rows import Decided, RepeatRow
from concordat.stages.route import Incident, Turn
from exchange_on_kafka import PUBLISHERS
from faults.asking import ask
from faults.bar import Bar, Ground
from faults.duplicates.claims import LATE, LATE_SIGNER, claim_once, claim_told, read_kept
from faults.duplicates.namesakes import SHARED, Repeated, copies_of
from faults.replaying import open_replays, replay_all
from faults.rig import Rig, open_rig
from faults.sending import Letter, Sender
from waiting import until

TIMES = 10
BEFORE = 5
POINTS = (
    ("admit", "produced"),
    ("route", "acknowledged"),
    ("deliver", "stored"),
    ("admit", "acknowledged"),
    ("route", "produced"),
    ("deliver", "committed"),
)
_BATCH = {"content-type": "application/cloudevents-batch+json"}
_SENDERS = 3
_MOST_ASKED = 1000
_CONTROLLERS = {
    "police-authority": ["police"],
    "council": ["social-care", LATE],
    "charity": ["womens-aid"],
    "fire-authority": [LATE_SIGNER],
}

_SIGNERS = ["police-authority", "council", "charity"]


async def run(ground: Ground) -> None:
    """Publish, let the late parties in, publish it all again; then look who got what."""
    whole = ground.pick(smoke=1500, full=100_000)
    old, fresh = range(whole * 4 // 5), range(whole * 4 // 5, whole)
    register = Exchange(_CONTROLLERS)
    register.add(_agreement(1), signed_by=_SIGNERS)
    register.add(_late_agreement(), signed_by=["police-authority"])
    async with open_rig(ground, register) as rig:
        await asyncio.to_thread(rig.start_all, admit=2, route=2, deliver=2, inbox=1)
        await _publish(ground, rig, [copies_of(old, BEFORE, ground.draw)])
        await rig.until_drained(900)
        register.sign(_late_agreement(), "fire-authority")
        register.add(_agreement(2), signed_by=_SIGNERS)
        rig.exchange.write_register()
        assert not register.keeper.register.refused, "the register refuses what this bar is about"
        again = copies_of(old, TIMES - BEFORE, ground.draw)
        await _publish(ground, rig, [again, copies_of(fresh, TIMES, ground.draw)])
        await _publish_over_http(ground, rig, [*old[::10], *fresh[::10]])
        await rig.until_drained(900)
        kept = await read_kept(rig)
        claim_once(ground.findings, kept, old, fresh, TIMES)
        events = [Repeated(number) for number in (*old, *fresh)]
        asked = [each for each in events if each.has_namesake or each.number % 50 == 1]
        chosen = ground.draw.sample(asked, min(len(asked), _MOST_ASKED))
        await claim_told(ground.findings, rig, kept, chosen, ground.draw)
        await _replay(ground, rig, old)


async def _publish(ground: Ground, rig: Rig, copies: Iterable[Iterable[tuple[Any, str]]]) -> None:
    """Publish through several producers while workers die, and come back."""
    senders = [Sender[None](rig.exchange.kafka, f"sender-{n}") for n in range(_SENDERS)]
    ordered = threading.Event()

    def send() -> None:
        ordered.wait()  # else a quick machine is done before anybody is told to die
        for event, category in chain.from_iterable(copies):
            key, value = event.spelt(category, ground.draw)
            topic = rig.exchange.topics.outbox(event.publisher)
            ground.draw.choice(senders).send(Letter(topic, key, value), None)
        for sender in senders:
            sender.flush()

    publishing = asyncio.create_task(asyncio.to_thread(send))
    kills = ground.findings.figures.get("kills", 0)
    for service, point in POINTS[3:] if kills else POINTS[:3]:
        kills += await _kill(rig, service, point, ordered)
    await publishing
    assert not any(sender.refused for sender in senders), "the broker refused a record"
    ground.findings.least(1, kills=kills)


async def _kill(rig: Rig, service: str, point: str, ordered: threading.Event) -> int:
    """Kill those that work at a point of their loop and start them again; 0: nobody had work.

    Each of them is told, for one may have all the partitions. `ordered` is set once they are.
    """
    await asyncio.to_thread(rig.until_works, service)
    workers = [each for each in rig.of(service) if each.ready()[0]]
    for worker in workers:
        worker.orders.give("kill", point)
    ordered.set()
    with suppress(AssertionError):
        await asyncio.to_thread(until, lambda: not all(e.is_running for e in workers), "dead", 5)
    for worker in workers:
        worker.orders.withdraw()
    await asyncio.sleep(0.5)  # one may be about to obey
    dead = [each for each in workers if not each.is_running]
    for worker in dead:
        rig.start(service, worker.instance)
    return len(dead)


async def _publish_over_http(ground: Ground, rig: Rig, numbers: list[int]) -> None:
    """Once more through the gateway, which writes to the same outboxes."""
    events = [Repeated(number) for number in numbers]
    sent = 0
    for publisher in PUBLISHERS:
        mine = [
            each.spelt("drugs", ground.draw)[1] for each in events if each.publisher == publisher
        ]
        async with rig.client(publisher) as client:
            for begin in range(0, len(mine), 500):
                batch = b"[" + b",".join(mine[begin : begin + 500]) + b"]"
                answer = await ask(client, "POST", "/v1/events", content=batch, headers=_BATCH)
                assert answer.status_code == 202, answer.text
                sent += len(answer.json()["accepted"])
    ground.findings.least(1, published_over_http=sent)


async def _replay(ground: Ground, rig: Rig, old: range) -> None:
    """What no repeat brings, a marked replay does, and only once."""
    exchange = rig.exchange
    async with open_replays(exchange.kafka, exchange.topics, rig.auditor_dsn()) as parts:
        first = await replay_all(parts, LATE_SIGNER)
        second = await replay_all(parts, LATE_SIGNER)
    owed = await rig.ask(
        "SELECT count(*) AS n FROM concordat.event WHERE publisher = 'police' "
        "AND shared::text LIKE '%social-care%'"
    )
    had = await rig.ask(
        "SELECT count(*) AS n FROM concordat.delivery WHERE agency = $1 AND arrived IS NULL",
        LATE_SIGNER,
    )
    ground.findings.same(owed[0]["n"] - had[0]["n"], replayed_to_late_signer=first)
    ground.findings.least(1, replays_that_gave=int(first > 0))
    ground.findings.none(replayed_twice=second)


def _agreement(version: int) -> Agreement:
    """Crimes among the three publishers; from version 2 on also to adult care."""
    late = [LATE] if version > 1 else []
    shares = []
    for publisher in PUBLISHERS:
        others = [other for other in PUBLISHERS if other != publisher] + late
        shares.append(_share(publisher, others))
    parties = {each: {"acts_as": "controller", "keep_days": 365} for each in (*PUBLISHERS, *late)}
    return agreement_of(version=version, effective=_FOR_EVER, parties=parties, shares=shares)


def _late_agreement() -> Agreement:
    parties = {
        each: {"acts_as": "controller", "keep_days": 365} for each in ("police", LATE_SIGNER)
    }
    shares = [_share("police", [LATE_SIGNER])]
    changes = {"id": "late-agreement", "effective": _FOR_EVER, "parties": parties}
    return agreement_of(**changes, shares=shares)


_FOR_EVER = {"from": "2026-01-01", "until": "2999-12-31"}


def _share(publisher: str, recipients: list[str]) -> dict[str, Any]:
    return share_of(
        **{"id": f"crimes-of-{publisher}", "from": [publisher], "to": recipients},
        when=[{"field": "district", "is": SHARED}],
    )


# -- planted bugs ------------------------------------------------------------------------------


def deliver_repeats(patch: pytest.MonkeyPatch) -> None:
    """Deliver what a later admission shares with agencies that have not had it."""
    _deliver_although(patch, lambda _row: True)


def deliver_conflicts(patch: pytest.MonkeyPatch) -> None:
    """Deliver what shares the id of another event to those who did not get that one."""
    _deliver_although(patch, lambda row: row.conflict)


def _deliver_although(patch: pytest.MonkeyPatch, it_repeats: Callable[[RepeatRow], bool]) -> None:
    plan = planning.plan

    def broken(decisions: Iterable[Decided], known: Known) -> Plan:
        every = list(decisions)
        result = plan(every, known)
        again = {row.admission for row in result.repeats if it_repeats(row)}
        for decided in every:
            if decided.event.admission in again:
                result.deliveries.extend(decided.deliveries)
        return result

    patch.setattr("concordat.deliver.store.plan", broken)


def tell_nobody(patch: pytest.MonkeyPatch) -> None:
    """Keep a conflict as if it were a repeat."""
    repeat = planning._repeat

    def broken(event: Any, first: bytes) -> RepeatRow:
        row = repeat(event, first)
        return RepeatRow(row.admission, row.source, row.id, row.publisher, conflict=False)

    patch.setattr(planning, "_repeat", broken)


def compare_traces(patch: pytest.MonkeyPatch) -> None:
    """Take the trace of a publication for a part of the event's contents."""
    content = Turn._content

    def broken(turn: Turn, value: bytes, incident: Incident) -> str:
        return content(turn, value, msgspec.structs.replace(incident, traceparent=None))

    patch.setattr(Turn, "_content", broken)


BAR = Bar(
    "duplicates",
    ("P2", "P4"),
    run,
    60,
    {
        "deliver-repeats": deliver_repeats,
        "deliver-conflicts": deliver_conflicts,
        "tell-nobody": tell_nobody,
        "compare-traces": compare_traces,
    },
)
