"""Rounds of deliver in which one of its waits raises; what it leaves must be as if none had."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest
from pydantic import SecretStr

from concordat.deliver.follow_register import RegisterFollower
from concordat.deliver.followed_logs import FollowedLogs
from concordat.deliver.loop import DeliverLoop
from concordat.deliver.readiness import Readiness
from concordat.deliver.service import DeliverOptions, run_deliver
from concordat.deliver.source import RoutedSource
from concordat.deliver.store import DeliverStore
from concordat.deliver.writer_lock import WriterLock
from concordat.postgres.roles import DELIVER
from faults.fail_closed.faulty_stages import ENDS_SECONDS, Published
from faults.fail_closed.injected import ERRORS, Injected
from faults.fail_closed.interrupted import Interruption
from faults.fail_closed.written_register import WrittenRegister
from faults.rig import Rig

SETTLES_SECONDS = 2.0
CHECK_SECONDS = 0.2
PARTS = {
    "look": (RegisterFollower, "_look"),  # first: it releases all there is, which grows
    "lock": (WriterLock, "try_take"),
    "heartbeat": (WriterLock, "watch"),
    "logs": (FollowedLogs, "check"),
    "log": (RoutedSource, "describe"),
    "start": (DeliverLoop, "_find_position"),
    "read": (RoutedSource, "read"),
    "store": (DeliverStore, "store"),
}
"""The work that is interrupted: releasing what was held, taking the lock and asking whether it is
still held, asking which logs they are, finding where to go on, reading and storing a batch."""
_ASKS_KAFKA = ("logs", "log", "start", "read")
_AFTER_THE_BATCH = ("heartbeat", "look")


@dataclass
class FaultyDeliver:
    """Runs deliver in this process; route must be running."""

    rig: Rig
    register: WrittenRegister
    published: Published
    faults: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    places: set[str] = field(default_factory=set)
    silent: list[str] = field(default_factory=list)
    events: int = 0

    async def waits(self, part: str) -> int:
        """How often `part` waits when nothing goes wrong."""
        counting = Interruption()
        await self._prepare(part)
        async with self._delivering(part, counting):
            await self._until_drained()
            if part in _AFTER_THE_BATCH:
                await asyncio.sleep(SETTLES_SECONDS)
            return counting.waits

    async def interrupt(self, part: str, interruption: Interruption) -> None:
        """One wait raises while a batch is in hand."""
        await self._prepare(part)
        async with self._delivering(part, interruption) as (task, readiness):
            async with asyncio.timeout(ENDS_SECONDS):
                while not task.done() and await self.rig.undelivered():  # noqa: ASYNC110
                    await asyncio.sleep(0.05)
            # The last waits of a batch come after its COMMIT; a broker that answers at once leaves
            # fewer of them than were counted.
            await _for_a_moment(lambda: interruption.fired or task.done())
            if interruption.fired:  # on its way out it may still give a connection back
                await _for_a_moment(lambda: interruption.came_out is not None)
            if isinstance(interruption.came_out, Injected):
                await _for_a_moment(task.done)
            # After an error at its COMMIT all may be stored while it waits to try again.
            await _for_a_moment(lambda: readiness.ready or task.done())
            self._note(part, interruption, task, readiness)

    async def drain(self) -> None:
        """Deliver everything that is left."""
        async with self._delivering("store", Interruption()):
            await self._until_drained()

    def _note(
        self,
        part: str,
        interruption: Interruption,
        task: "asyncio.Task[None]",
        readiness: Readiness,
    ) -> None:
        where = f"deliver {part} {interruption.when} {interruption.nth}"
        if not interruption.fired:
            self.outcomes["did not come to it"] += 1
            return
        self.faults[interruption.error] += 1
        self.fired[part] += 1
        self.places.add(where)
        self.events += 3
        left = task.done() and task.exception() is not None
        self.outcomes["left" if left else "went on"] += 1
        if task.done() and not left:
            self.silent.append(f"{where}: it ended without an error")
        if isinstance(interruption.came_out, Injected) and not left:
            self.silent.append(f"{where}: it went on after an error that it has never heard of")
        if interruption.came_out is None:
            self.silent.append(f"{where}: {interruption.error} came to nothing")
        if not left and not readiness.ready:
            self.silent.append(f"{where}: it goes on and says it does not")

    async def _prepare(self, part: str) -> None:
        if part == "look":  # all that may be read is held, and is to be released
            await asyncio.to_thread(self.register.suspend)
            await asyncio.to_thread(self.register.resume)
        await asyncio.to_thread(self.published.publish, "route")
        await asyncio.to_thread(self.rig.exchange.until_drained, "route", seconds=ENDS_SECONDS)
        assert await self.rig.undelivered(), "deliver has nothing to do"

    async def _until_drained(self) -> None:
        async with asyncio.timeout(ENDS_SECONDS):
            while await self.rig.undelivered():  # noqa: ASYNC110 - deliver's progress
                await asyncio.sleep(0.05)

    @asynccontextmanager
    async def _delivering(
        self, part: str, interruption: Interruption
    ) -> AsyncIterator[tuple["asyncio.Task[None]", Readiness]]:
        stop, readiness = asyncio.Event(), Readiness()
        options = DeliverOptions(check_seconds=CHECK_SECONDS)
        dsn = SecretStr(self.rig.database.dsn(DELIVER))
        settings = self.rig.exchange.settings(postgres=dsn)
        with pytest.MonkeyPatch.context() as patch:
            _interrupt(patch, part, interruption)
            task = asyncio.create_task(run_deliver(settings, stop, readiness, options))
            try:
                yield task, readiness
            finally:
                stop.set()
                await asyncio.wait([task], timeout=ENDS_SECONDS)
                assert task.done(), "deliver does not end"
        if (error := task.exception()) is not None and not interruption.fired:
            raise error


def _interrupt(patch: pytest.MonkeyPatch, part: str, interruption: Interruption) -> None:
    kind, name = PARTS[part]
    done = getattr(kind, name)

    async def interrupted(self: Any, *given: Any) -> Any:
        return await interruption.through(done(self, *given))

    patch.setattr(kind, name, interrupted)


async def _for_a_moment(came: Callable[[], bool]) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(SETTLES_SECONDS):
            while not came():  # noqa: ASYNC110 - what is waited for has no event
                await asyncio.sleep(0.01)


def errors(part: str) -> tuple[str, ...]:
    """The kinds of errors that may come out of a wait of this part of deliver."""
    known = ("unheard-of", "system", *(("kafka",) if part in _ASKS_KAFKA else ()))
    return tuple(each for each in ERRORS if each in known)
