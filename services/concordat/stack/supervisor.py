"""Keeping the stack whole: services are restarted, the end of anything below them ends all."""

import asyncio
import contextlib
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from concordat.stack.death import Death
from concordat.stack.errors import StackGaveUp
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.program import Program
from concordat.stack.restart_policy import GiveUp, RestartPolicy
from concordat.stack.service import Service
from concordat.stack.state_directory import StateDirectory

GRACE_SECONDS = 10.0
_LOOK_SECONDS = 0.05


class Foundation(Protocol):
    """What the services stand on: it is not restarted."""

    def death(self) -> Death | None:
        """Return the first of its children found dead; None while all live."""

    def stop(self) -> None:
        """Stop all of it; idempotent."""


class Observer(Protocol):
    """Who is told what happens."""

    def report(self, sentence: str) -> None:
        """Take a sentence about progress."""

    def died(self, death: Death) -> None:
        """Take the death of a child, with the end of its log."""


class Supervisor:
    """Runs `programs` in their order on a foundation that has been started.

    A service that dies is restarted as `policy` says. A death in the foundation, or a service
    the policy gives up, stops everything. Each service's pid stands in `stack.json` while it runs.
    """

    def __init__(
        self,
        state: StateDirectory,
        foundation: Foundation,
        programs: Sequence[Program],
        observer: Observer,
        *,
        policy: RestartPolicy | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._foundation = foundation
        self._observer = observer
        self._clock = clock
        self._forks = ForkingThread()
        policy = policy or RestartPolicy()
        self._services = [Service(program, state, self._forks, policy) for program in programs]

    @property
    def pids(self) -> dict[str, int]:
        """The services that run now."""
        return {service.name: pid for service in self._services if (pid := service.pid)}

    async def run_until(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set; on any end stop the services, then the rest.

        Raises StackGaveUp, after everything has been stopped.
        """
        try:
            for service in self._services:
                await self._start(service)
            while not stop.is_set():
                await self._look()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)
        finally:
            await asyncio.to_thread(self._stop)

    async def _start(self, service: Service) -> None:
        pid = await asyncio.to_thread(service.start, self._clock())
        self._observer.report(f"{service.name} started (pid {pid})")

    async def _look(self) -> None:
        if death := self._foundation.death():
            self._observer.died(death)
            raise StackGaveUp(str(death))
        for service in self._services:
            self._look_at(service)
            if service.due(self._clock()):
                await self._start(service)

    def _look_at(self, service: Service) -> None:
        taken = service.take_death(self._clock())
        if taken is None:
            return
        death, decision = taken
        self._observer.died(death)
        if isinstance(decision, GiveUp):
            raise StackGaveUp(f"{service.name} {decision.reason}; last: {death}")
        self._observer.report(f"{death}; starting it again in {decision.seconds:g} s")

    def _stop(self) -> None:
        for service in reversed(self._services):
            if service.pid is not None:
                self._observer.report(f"stopping {service.name}")
            service.ask_to_stop()
        for service in self._services:  # side by side: none needs another to stop
            service.stop(GRACE_SECONDS)
        self._forks.close()
        self._foundation.stop()
