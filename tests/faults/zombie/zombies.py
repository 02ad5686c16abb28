"""A worker that stands still in its loop, whoever takes over, and what it does when it wakes."""

import asyncio
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from confluent_kafka import ConsumerGroupState

from concordat.streams.groups import group_of
from faults.keeper import why_it_ended
from faults.rig import Rig
from faults.workers import Worker

DELIVER_POINTS = ("consumed", "stored", "committed")
LEFT_TO_ANOTHER = ("NotTheWriter", "WriterLockLost")
_WAIT_SECONDS = 240.0
_TURN_SECONDS = 0.1


@dataclass
class Zombie:
    """One worker ordered to stop itself at a point; the facts are filled in as they happen."""

    rig: Rig
    worker: Worker
    point: str
    pause: float
    late: bool
    stood_still: float = 0.0
    """For how many seconds."""
    taken_over: bool = False
    """Whether another had its work before it woke."""
    tried_in_vain: bool = False
    """Whether it then tried to write on, and was refused."""
    woke: bool = False
    wrote_on: bool = False
    """Whether it stored further batches although another was the writer."""

    @property
    def stage(self) -> str:
        """Admit, route or deliver."""
        return self.worker.service

    async def stand(self) -> None:
        """Return once it stands still."""
        self.worker.orders.give("stop", self.point)
        await _until(lambda: self.worker.is_standing_still, f"{self.worker.name} stands still")
        self._since = time.monotonic()

    async def sleep(self) -> None:
        """Let it stand for its pause, and until another has taken over.

        A `late` one stands until deliver has stored what the others did meanwhile: what it writes
        then is new to nobody.
        """
        await _until(self._is_taken_over, f"another takes over from {self.worker.name}")
        self.taken_over = True
        await asyncio.sleep(max(0.0, self._since + self.pause - time.monotonic()))
        if self.late:
            await _until_delivered(self.rig)

    async def wake(self) -> None:
        """Let it go on, and wait for what comes of it."""
        refused, stored = (len(self.worker.said(each)) for each in ("commit-refused", "stored"))
        self.worker.send(signal.SIGCONT)
        self.stood_still = time.monotonic() - self._since
        await _until(lambda: not self.worker.is_standing_still, f"{self.worker.name} wakes")
        self.woke = True
        if self.stage == "deliver":
            await _until(partial(self._has_ended, stored), f"{self.worker.name} ends")
            self.wrote_on = self.worker.is_running
            self.tried_in_vain = not self.wrote_on and why_it_ended(self.worker) in LEFT_TO_ANOTHER
        elif self.has_work_in_hand:
            tried = partial(self._has_been_refused, refused)
            self.tried_in_vain = await _happens(tried)

    @property
    def has_work_in_hand(self) -> bool:
        """Whether it stands still with records that it has still to write or to commit."""
        return self.stage == "deliver" or self.point != "committed"

    def _has_ended(self, stored_before: int) -> bool:
        """Whether it left; or stores on, after the batch that it may have had in hand."""
        return not self.worker.is_running or len(self.worker.said("stored")) > stored_before + 1

    def _has_been_refused(self, times_before: int) -> bool:
        return len(self.worker.said("commit-refused")) > times_before

    def _is_taken_over(self) -> bool:
        if self.stage == "deliver":
            others = [each for each in self.rig.of("deliver") if each is not self.worker]
            return any(each.said("is the writer") for each in others)
        return _works_without(self.rig, self.worker)


def _works_without(rig: Rig, worker: Worker) -> bool:
    """Whether the others of its group have all partitions."""
    group = group_of(worker.service, rig.exchange.topics)
    told = rig.exchange.admin.describe_consumer_groups([group], request_timeout=10)[group]
    description = told.result(10)
    members = [member for member in description.members if member.assignment.topic_partitions]
    return (
        description.state == ConsumerGroupState.STABLE
        and bool(members)
        and all(member.client_id != worker.name for member in description.members)
    )


async def _until_delivered(rig: Rig) -> None:
    """Return once what is routed now is stored."""
    routed, written = rig.exchange.topics.routed, rig.exchange.written
    goal = await asyncio.to_thread(written, routed)
    async with asyncio.timeout(_WAIT_SECONDS):
        while await asyncio.to_thread(written, routed) - await rig.undelivered() < goal:  # noqa: ASYNC110
            await asyncio.sleep(_TURN_SECONDS)


async def _until(holds: Callable[[], bool], what: str) -> None:
    assert await _happens(holds), f"not in {_WAIT_SECONDS:g} s: {what}"


async def _happens(holds: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + _WAIT_SECONDS
    while not await asyncio.to_thread(holds):
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(_TURN_SECONDS)
    return True
