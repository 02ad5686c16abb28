"""The inbox API with one of its waits raising: never an item that may not be read."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from concordat.inbox.app import create_app
from concordat.inbox.dependencies import Dependencies
from concordat.inbox.service import _open_dependencies
from concordat.postgres.roles import API
from faults.fail_closed.injected import ERRORS, Injector
from faults.fail_closed.interrupted import Interruption
from faults.rig import Rig

RECIPIENT = "social-care"
PAGE = "/v1/inbox?all=true&limit=500"


@dataclass
class FaultyInbox:
    """The API in this process, over the rig's database and register."""

    rig: Rig
    app: Any
    dependencies: Dependencies
    machine: Injector
    faults: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    places: set[str] = field(default_factory=set)
    served: int = 0
    read: int = 0
    number: int = 0
    wrong: list[str] = field(default_factory=list)

    async def ask(self, path: str, interruption: Interruption | None = None) -> httpx.Response:
        """One request; its answer, however it was interrupted."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            work = self.app(scope, receive, send)
            await (work if interruption is None else interruption.through(work))

        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {self.rig.token(RECIPIENT)}"}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://inbox", headers=headers
        ) as client:
            return await client.get(path)

    async def interrupt_everywhere(self, *, readable: bool, errors: tuple[str, ...]) -> None:
        """Interrupt a page, and one item of it, at each wait."""
        if readable:
            await self._undisturbed(PAGE, readable=True)
        for path in (PAGE, f"/v1/inbox/{self.number}"):
            counting = await self._undisturbed(path, readable=readable)
            for nth in range(1, counting.waits + 1):
                for when in ("before", "after"):
                    for error in errors:
                        interruption = Interruption(nth, when, error)
                        await self._one(path, interruption, readable=readable)

    async def _undisturbed(self, path: str, *, readable: bool) -> Interruption:
        """Ask until the answer is the one that is due; return what was waited for."""
        async with asyncio.timeout(60):
            while True:
                counting = Interruption()
                answer = await self.ask(path, counting)
                served = b'"delivery"' in answer.content
                if served == readable and answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                    self.read += served
                    self._remember(answer)
                    return counting
                await asyncio.sleep(0.05)

    async def clock_back(self) -> None:
        """Neither a page nor an item is answered while the machine's clock is behind."""
        self.machine.behind = timedelta(hours=1)
        for path in (PAGE, f"/v1/inbox/{self.number}"):
            answer = await self.ask(path)
            self.faults["clock-back"] += 1
            self.places.add(f"{path} under a clock that is behind")
            self.statuses[answer.status_code] += 1
            if (answer.status_code, b"clock" in answer.content) != (503, True):
                self.wrong.append(f"{path}: {answer.status_code} under a clock that is behind")
        self.machine.behind = timedelta()

    def _remember(self, answer: httpx.Response) -> None:
        """The newest item's number: what was held and released has left its first one."""
        items = answer.json().get("items") if answer.is_success else None
        self.number = items[-1]["seq"] if items else self.number

    async def until_suspended(self) -> None:
        """Wait until an undisturbed answer holds no item any more."""
        async with asyncio.timeout(60):
            while b'"delivery"' in (await self.ask(PAGE)).content:  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def _one(self, path: str, interruption: Interruption, *, readable: bool) -> None:
        answer = await self.ask(path, interruption)
        if not interruption.fired:
            return
        self.faults[interruption.error] += 1
        self.places.add(f"{path} {interruption.when} {interruption.nth}")
        self.statuses[answer.status_code] += 1
        served = b'"delivery"' in answer.content
        self.served += served
        where = f"{path} {interruption.error} {interruption.when} wait {interruption.nth}"
        if served and not readable:
            self.wrong.append(f"{where}: an item that may not be read was served")
        if answer.status_code not in (200, 404, 410, 500, 503):
            self.wrong.append(f"{where}: {answer.status_code}")
        if b"injected" in answer.content or b"Injected" in answer.content:
            self.wrong.append(f"{where}: the error is repeated")


@asynccontextmanager
async def open_inbox(rig: Rig) -> AsyncIterator[FaultyInbox]:
    """The API with what it needs, following the register."""
    settings = rig.exchange.settings(
        postgres=SecretStr(rig.database.dsn(API)), token_keys=rig.folder / "token-keys.json"
    )
    async with _open_dependencies(settings) as (dependencies, _):
        async with asyncio.timeout(60):
            while dependencies.feed.age() > 1:  # noqa: ASYNC110 - the feed says when, by its age
                await asyncio.sleep(0.02)
        machine = Injector()
        timed = replace(dependencies, clock=machine.clock)
        yield FaultyInbox(rig, create_app(timed), timed, machine)


def errors() -> tuple[str, ...]:
    """The kinds of errors that may come out of a wait of the API."""
    return tuple(each for each in ERRORS if each in ("unheard-of", "system"))
