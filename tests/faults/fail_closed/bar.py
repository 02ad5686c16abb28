"""The register damaged, a clock moved back, calls and waits that raise: nothing is shared."""

import asyncio
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import partial
from typing import TypeVar

from faults.bar import Bar, Ground
from faults.fail_closed import faulty_deliver, faulty_inbox
from faults.fail_closed.broken_register import BrokenRegister
from faults.fail_closed.bugs import BUGS
from faults.fail_closed.faulty_deliver import FaultyDeliver
from faults.fail_closed.faulty_feed import FaultyFeed
from faults.fail_closed.faulty_inbox import FaultyInbox, open_inbox
from faults.fail_closed.faulty_requests import REQUESTS, FaultyRequests
from faults.fail_closed.faulty_stages import FaultyRounds, Published, Tally, lasting_faults
from faults.fail_closed.injected import Place
from faults.fail_closed.interrupted import Interruption, everywhere
from faults.fail_closed.re_derived import claim_in_force
from faults.fail_closed.said_inside import said_inside
from faults.fail_closed.written_register import WrittenRegister
from faults.rig import Rig, open_rig

Item = TypeVar("Item")
STAGES = ("admit", "route")


async def run(ground: Ground) -> None:
    """First the register of a whole exchange is broken; then each part from inside."""
    async with open_rig(ground) as rig:
        await _break_the_register(ground, rig)
    with ground.planted(), said_inside(ground.folder) as said:
        async with open_rig(ground) as rig:
            await _raise_inside(ground, rig)
        ground.findings.least(2 * len(list(lasting_faults())), said_paused=said()["stage-paused"])


async def _break_the_register(ground: Ground, rig: Rig) -> None:
    await asyncio.to_thread(rig.start_all, admit=1, route=1, deliver=1, inbox=1)
    register, published = WrittenRegister(rig.exchange), Published(rig.exchange)
    broken = BrokenRegister(rig, register, published)
    await broken.repeated()
    await broken.end_hidden()
    await broken.truncated()
    await broken.shorter()
    await broken.lost()
    if ground.size == "full" and not broken.unsaid:
        await broken.until_left()
        ground.findings.same(len(STAGES), left_with_code_75=broken.left)
    findings = ground.findings
    wanted = published.all - broken.refused
    await claim_in_force(ground, "register", rig, register, (wanted, published.suspended))
    decided = {row["id"] for row in await rig.ask("SELECT id FROM concordat.event")}
    findings.none(register_decided_meanwhile=len(broken.refused & decided))
    findings.none(register_items_served_meanwhile=broken.items_meanwhile)
    findings.none(register_unsaid=len(broken.unsaid))
    for each in broken.unsaid[:3]:
        findings.fail(each)
    findings.least(6, register_faults=broken.faults.total())
    findings.least(100, register_events=broken.events)
    findings.least(3, register_inbox_said_503=broken.unavailable)
    findings.least(1, register_items_read_before=broken.items_read)
    findings.least(8, register_said=broken.said.total())
    ground.figure(register_faults_by_kind=dict(broken.faults))


async def _raise_inside(ground: Ground, rig: Rig) -> None:
    register, published = WrittenRegister(rig.exchange), Published(rig.exchange)
    tallies: list[Tally] = []
    for name in STAGES:
        rounds = FaultyRounds(name, rig.exchange, register, published)
        await asyncio.to_thread(_stage_rounds, ground, rounds)
        tallies.append(rounds.tally)
    await asyncio.to_thread(rig.start_all, route=1)
    deliver = FaultyDeliver(rig, register, published)
    await _deliver_rounds(ground, deliver)
    await asyncio.to_thread(rig.start_all, admit=1, deliver=1)
    async with open_inbox(rig) as inbox:
        await _inbox_rounds(ground, inbox, register)
        await _request_rounds(ground, inbox, register, published)
    feed = FaultyFeed(rig, register, inbox.page)
    await _feed_rounds(ground, feed)
    await _claim_all_readable(ground, rig)
    findings = ground.findings
    wanted = (published.all, published.suspended)
    await claim_in_force(ground, "inside", rig, register, wanted)
    silent = [each for tally in tallies for each in tally.silent] + deliver.silent
    places = set[str]().union(*(each.places for each in tallies), deliver.places, inbox.places)
    places |= feed.places
    kinds = sum((each.faults for each in tallies), deliver.faults + inbox.faults + feed.faults)
    findings.none(
        written_while_something_was_wrong=sum(each.written_meanwhile for each in tallies),
        silent=len(silent),
        wrong_answers=len(inbox.wrong) + len(feed.wrong),
    )
    findings.least(ground.pick(smoke=50, full=400), faults_inside=kinds.total())
    findings.least(ground.pick(smoke=40, full=150), places_inside=len(places))
    findings.least(
        ground.pick(smoke=60, full=600),
        events_during_faults=sum(each.events for each in tallies) + deliver.events,
    )
    findings.least(2, inbox_items_read=inbox.read + feed.read)
    ground.figure(
        faults_by_kind=dict(kinds),
        stages=dict(sum((each.outcomes for each in tallies), Counter[str]())),
        deliver=dict(deliver.outcomes),
        inbox=dict(inbox.statuses),
        feed=dict(feed.outcomes),
    )
    for each in (*silent, *inbox.wrong, *feed.wrong)[:5]:
        findings.fail(each)


def _stage_rounds(ground: Ground, rounds: FaultyRounds) -> None:
    places = rounds.places()
    draw = random.Random(f"{ground.seed} {rounds.name}")
    for place in places if ground.size == "full" else _one_of_each_call(draw, places):
        rounds.call_raises(place)
    places = rounds.places_at_start()
    for place in _some(draw, places, ground.pick(smoke=2, full=len(places))):
        rounds.start_raises(place)
    lasting = list(lasting_faults())
    for kind, reason, begin in lasting:
        rounds.is_wrong(kind, reason, begin)
    for _, _, begin in lasting[: ground.pick(smoke=1, full=3)]:
        rounds.stays_wrong(begin)


async def _deliver_rounds(ground: Ground, deliver: FaultyDeliver) -> None:
    await deliver.drain()  # so that there is something to release
    for part in faulty_deliver.PARTS:
        waits = await deliver.waits(part)
        ground.findings.least(20 if part == "look" else 2, **{f"waits_of_{part}": waits})
        for interruption in _places(ground, waits, faulty_deliver.errors(part), smoke=3):
            await deliver.interrupt(part, interruption)
        ground.findings.least(1, **{f"fired_in_{part}": deliver.fired[part]})
    await deliver.drain()


async def _inbox_rounds(ground: Ground, inbox: FaultyInbox, register: WrittenRegister) -> None:
    kinds = ground.pick(smoke=("unheard-of",), full=faulty_inbox.errors())
    await inbox.interrupt_everywhere(readable=True, errors=kinds)
    await inbox.clock_back()
    await asyncio.to_thread(register.suspend)
    await inbox.until_suspended()
    await inbox.interrupt_everywhere(readable=False, errors=kinds)
    await asyncio.to_thread(register.resume)


async def _request_rounds(
    ground: Ground, inbox: FaultyInbox, register: WrittenRegister, published: Published
) -> None:
    errors = faulty_inbox.errors()
    places = partial(_places, ground, errors=errors, smoke=9)
    requests = FaultyRequests(inbox, register, published, places)
    await requests.all()
    for each in ("page", "item", *REQUESTS):
        ground.findings.least(1, **{f"fired_in_{each}": inbox.fired[each]})
    ground.findings.least(ground.pick(smoke=8, full=20), acknowledged=len(requests.acknowledged))


async def _feed_rounds(ground: Ground, feed: FaultyFeed) -> None:
    waits = await feed.waits()
    ground.findings.least(2, waits_of_feed=waits)
    for interruption in _places(ground, waits, faulty_inbox.errors(), smoke=4):
        await feed.interrupt(interruption)
    ground.findings.least(1, fired_in_feed=feed.faults.total())


async def _claim_all_readable(ground: Ground, rig: Rig) -> None:
    """What was published over HTTP is delivered too, and an inbox gives all it was ever given."""
    await rig.until_drained()
    async with open_inbox(rig) as inbox:
        ground.findings.none(inside_unreadable=await inbox.count_unreadable())


def _one_of_each_call(draw: random.Random, places: Sequence[Place]) -> list[Place]:
    """One place of each call of a turn, with an error that nobody knows."""
    unheard = [place for place in places if place.error == "unheard-of"]
    names = sorted({place.name for place in unheard})
    return [draw.choice([place for place in unheard if place.name == name]) for name in names]


def _places(
    ground: Ground, waits: int, errors: Iterable[str], smoke: int
) -> Sequence[Interruption]:
    """Every wait; at smoke size the first, with what nobody knows, and some others."""
    every = list(everywhere(waits, errors))
    return every if ground.size == "full" else [every[0], *ground.draw.sample(every[1:], smoke)]


def _some(draw: random.Random, every: Sequence[Item], count: int) -> list[Item]:
    return list(every) if count >= len(every) else draw.sample(list(every), count)


BAR = Bar("fail-closed", ("P3",), run, 60, BUGS)
