"""A notice while deliver, route or admit is stopped or stands still: who still reads what."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Sequence
from itertools import cycle
from signal import SIGCONT, SIGSTOP
from typing import Any

import pytest

from concordat.agreements.book import Book
from concordat.inbox.dependencies import Dependencies
from concordat.inbox.stored_item import Entry, Sorted, StoredItem
from faults.bar import Bar, Ground
from faults.revoke_down.claims import (
    BOUND_SECONDS,
    ITEMS_EACH,
    Course,
    claim_bound,
    claim_gone,
    claim_reading,
    claim_released,
)
from faults.revoke_down.inbox_readers import Seen, reading
from faults.revoke_down.notices import Notary
from faults.revoke_down.revoked import Crimes, register_of
from faults.rig import Rig, open_rig
from revocation.contracts import PUBLISHER, RECIPIENTS, Revoked, agreements_of

STATES = (
    ("none", "running"),
    *((stage, how) for stage in ("deliver", "route", "admit") for how in ("stopped", "paused")),
)
EVERY_SECONDS = 0.4
AFTERWARDS_SECONDS = 1.5
PER_SECOND = 100
_READABLE_SECONDS = 60.0


async def run(ground: Ground) -> None:
    """In every state: give each agency items, take a stage down, revoke, bring it back, look."""
    each = ground.pick(smoke=2, full=30)
    phases = {state: agreements_of(each, "-".join(state)) for state in STATES}
    every = [one for phase in phases.values() for one in phase]
    seen = Seen()
    async with open_rig(ground, register_of(every)) as rig:
        await asyncio.to_thread(rig.start_all, admit=1, route=1, deliver=1, inbox=1)
        async with reading(rig, list(RECIPIENTS), seen, ground.draw) as readers:
            course = Course(ground, rig, seen, readers, Crimes(rig, PER_SECOND), Notary(rig))
            words = cycle(ground.draw.sample(_WORDS, len(_WORDS)))
            began = time.monotonic()
            for (stage, how), phase in phases.items():
                await _phase(course, stage, how, phase, [next(words) for _ in phase])
            claim_reading(course, time.monotonic() - began)
            await claim_gone(course, every)
            claim_bound(course, every)
            await claim_released(course, every)


_WORDS = [
    (action, side) for action in ("suspend", "withdraw") for side in ("publisher", "recipient")
]


async def _phase(
    course: Course, stage: str, how: str, phase: Sequence[Revoked], words: list[tuple[str, str]]
) -> None:
    rig, crimes = course.rig, course.crimes
    for reader in course.readers.values():
        reader.begin_here()
    crimes.districts = [each.district for each in phase]
    await crimes.publish(ITEMS_EACH)
    await _until_all_read(course, phase)
    publishing = asyncio.create_task(crimes.run())
    try:
        await _take_down(rig, stage, how)
        for each, (action, side) in zip(phase, words, strict=True):
            turn = time.monotonic()
            await _revoke(
                course, each, action, PUBLISHER if side == "publisher" else each.recipient
            )
            await asyncio.sleep(max(0.0, turn + EVERY_SECONDS - time.monotonic()))
        await asyncio.sleep(BOUND_SECONDS + AFTERWARDS_SECONDS)
    finally:
        publishing.cancel()
        await asyncio.wait([publishing])
        await _bring_back(rig, stage, how)
    for each in phase:
        at = course.notices[each.agreement].at
        last = course.seen.last[each.agreement]
        course.spread[f"{stage}-{how}"].append(max(0.0, last - at))
        later = [got for got in course.seen.good[each.recipient] if got > at + BOUND_SECONDS]
        course.reads_afterwards.append(len(later))
    await rig.until_drained()


async def _until_all_read(course: Course, phase: Sequence[Revoked]) -> None:
    """Wait until every agreement's items are among what is read over and over."""
    deadline = time.monotonic() + _READABLE_SECONDS
    while any(len(course.seen.numbers[each.agreement]) < ITEMS_EACH for each in phase):
        assert time.monotonic() < deadline, "not everything arrives that is to be revoked"
        await asyncio.sleep(0.05)


async def _revoke(course: Course, revoked: Revoked, action: str, speaker: str) -> None:
    """Revoke once an item was read a moment ago."""
    deadline, moment = time.monotonic() + _READABLE_SECONDS, time.time()
    while course.seen.last[revoked.agreement] < moment:
        assert time.monotonic() < deadline, "nothing is read under what is to be revoked"
        await asyncio.sleep(0.01)
    course.readable_before[revoked.agreement] = len(course.seen.numbers[revoked.agreement])
    course.notices[revoked.agreement] = await course.notary.post(revoked.agreement, speaker, action)


async def _take_down(rig: Rig, stage: str, how: str) -> None:
    for worker in rig.of(stage):
        if how == "paused":
            worker.send(SIGSTOP)
            while not worker.is_standing_still:  # noqa: ASYNC110 - a signal has no event
                await asyncio.sleep(0.01)
        else:
            assert await asyncio.to_thread(worker.leave) == 0


async def _bring_back(rig: Rig, stage: str, how: str) -> None:
    """Let it go on, or start it (again: one that stood still for long may leave)."""
    if stage == "none":
        return
    for worker in rig.of(stage):
        worker.send(SIGCONT)
    deadline = time.monotonic() + 120
    while True:
        if not rig.of(stage):
            rig.start(stage, "0")
        ready = await asyncio.to_thread(lambda: any(each.ready()[0] for each in rig.of(stage)))
        if ready:
            return
        assert time.monotonic() < deadline, f"{stage} does not come back"
        await asyncio.sleep(0.1)


# -- planted bugs ------------------------------------------------------------------------------


def never_check(patch: pytest.MonkeyPatch) -> None:
    """Return the pages of an inbox as they are stored."""

    def as_stored(entries: Iterable[Entry], *_: Any, **__: Any) -> Sorted:
        return Sorted([each for each in entries if isinstance(each, StoredItem)], [])

    def unchanged(found: Sorted, *_: Any, **__: Any) -> Sorted:
        return found

    patch.setattr("concordat.inbox.read_inbox.sort_items", as_stored)
    patch.setattr(Sorted, "sorted_again", unchanged)


def never_check_single_items(patch: pytest.MonkeyPatch) -> None:
    """Return an item that is asked for by its number as it is stored."""

    def as_stored(entry: Any, *_: Any) -> Any:
        return entry

    patch.setattr("concordat.inbox.read_item._readable", as_stored)


def read_under_an_old_book(patch: pytest.MonkeyPatch) -> None:
    """Judge by the book as it was two seconds ago."""
    books: deque[tuple[float, Book]] = deque()

    def old(needs: Dependencies) -> Book:
        now, book = time.monotonic(), needs.feed.book
        if not books or books[-1][1] is not book:
            books.append((now, book))
        while len(books) > 1 and books[1][0] < now - 2:
            books.popleft()
        return books[0][1]

    patch.setattr(Dependencies, "book_now", old)


BAR = Bar(
    "revoke-down",
    ("P5",),
    run,
    15,
    {
        "never-check": never_check,
        "never-check-single-items": never_check_single_items,
        "read-under-an-old-book": read_under_an_old_book,
    },
)
