"""The inbox API with one of its waits raising: never an item that may not be read."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import httpx
from pydantic import SecretStr

from concordat.inbox.app import create_app
from concordat.inbox.dependencies import Dependencies
from concordat.inbox.service import _open_dependencies
from concordat.postgres.roles import API
from concordat_events.delivery import InboxPage
from faults.fail_closed.injected import ERRORS, Injector
from faults.fail_closed.interrupted import Interruption, everywhere
from faults.rig import Rig

RECIPIENT = "social-care"
FIRST_PAGE = "/v1/inbox?all=true&limit=500"
_DELIVERIES = "SELECT count(*) FROM concordat.delivery WHERE agency = $1"


@dataclass
class FaultyInbox:
    """The API in this process, over the rig's database and register."""

    rig: Rig
    app: Any
    dependencies: Dependencies
    machine: Injector
    faults: Counter[str] = field(default_factory=Counter)
    fired: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    places: set[str] = field(default_factory=set)
    served: int = 0
    read: int = 0
    page: str = FIRST_PAGE
    item: str = ""
    wrong: list[str] = field(default_factory=list)

    async def ask(
        self,
        path: str,
        interruption: Interruption | None = None,
        *,
        agency: str = RECIPIENT,
        content: bytes | None = None,
        media_type: str = "application/json",
    ) -> httpx.Response:
        """One request, a POST when it has a content; its answer, however it was interrupted."""

        async def app(scope: Any, receive: Any, send: Any) -> None:
            work = self.app(scope, receive, send)
            await (work if interruption is None else interruption.through(work))

        transport = httpx.ASGITransport(app, raise_app_exceptions=False)
        headers = {"Authorization": f"Bearer {self.rig.token(agency)}", "Content-Type": media_type}
        async with httpx.AsyncClient(
            transport=transport, base_url="http://inbox", headers=headers
        ) as client:
            method = "GET" if content is None else "POST"
            return await client.request(method, path, content=content)

    async def interrupt_everywhere(self, *, readable: bool, errors: tuple[str, ...]) -> None:
        """Interrupt a page, and one item of it, at each wait."""
        if readable:
            await self.until_readable()
        for path in (self.page, self.item):
            counting = Interruption()
            await self.ask(path, counting)
            for interruption in everywhere(counting.waits, errors):
                await self._one(path, interruption, readable=readable)

    async def until_readable(self) -> None:
        """Go on to the first page that holds items; they only ever move to later ones."""
        async with asyncio.timeout(60):
            while not (page := await self._read(self.page)).items:
                if page.stopped and all(each.moved_to for each in page.stopped):
                    self.page = page.links.next
                else:
                    await asyncio.sleep(0.05)
        self.read += 1
        self.item = f"/v1/inbox/{page.items[-1].seq}"

    async def until_suspended(self) -> None:
        """Wait until no answer holds an item any more."""
        async with asyncio.timeout(60):
            for path in (self.page, self.item):
                while b'"delivery"' in (await self.answered(path)).content:  # noqa: ASYNC110
                    await asyncio.sleep(0.05)

    async def _read(self, path: str) -> InboxPage:
        return InboxPage.model_validate_json((await self.answered(path)).content)

    async def answered(self, path: str) -> httpx.Response:
        """Ask until it says something of what was asked for."""
        while (answer := await self.ask(path)).status_code == httpx.codes.SERVICE_UNAVAILABLE:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        return answer

    async def count_unreadable(self) -> int:
        """How many of the agency's deliveries no page has; waits for what is to be released."""
        [row] = await self.rig.ask(_DELIVERIES, RECIPIENT)
        with suppress(TimeoutError):
            async with asyncio.timeout(60):
                while (read := await self._count()) < row["count"]:  # noqa: ASYNC110
                    await asyncio.sleep(0.2)
        return int(row["count"]) - read

    async def _count(self) -> int:
        """How many items all pages hold together."""
        found, path = set[str](), FIRST_PAGE
        while True:
            page = await self._read(path)
            if not page.items and not page.stopped:
                return len(found)
            found |= {each.delivery.id for each in page.items}
            path = page.links.next

    async def clock_back(self) -> None:
        """Neither a page nor an item is answered while the machine's clock is behind."""
        self.machine.behind = timedelta(hours=1)
        for path in (self.page, self.item):
            answer = await self.ask(path)
            self.faults["clock-back"] += 1
            self.places.add(f"{path} under a clock that is behind")
            self.statuses[answer.status_code] += 1
            if (answer.status_code, b"clock" in answer.content) != (503, True):
                self.wrong.append(f"{path}: {answer.status_code} under a clock that is behind")
        self.machine.behind = timedelta()

    async def _one(self, path: str, interruption: Interruption, *, readable: bool) -> None:
        answer = await self.ask(path, interruption)
        if not interruption.fired:
            return
        where = self.note("item" if path == self.item else "page", interruption, answer)
        served = b'"delivery"' in answer.content
        self.served += served
        if served and not readable:
            self.wrong.append(f"{where}: an item that may not be read was served")

    def note(self, what: str, interruption: Interruption, answer: httpx.Response) -> str:
        """Count what was answered to an interrupted request; return where that was."""
        where = f"{what} {interruption.when} wait {interruption.nth}"
        self.faults[interruption.error] += 1
        self.fired[what] += 1
        self.places.add(where)
        self.statuses[answer.status_code] += 1
        where = f"{where} ({interruption.error})"
        if answer.status_code not in (200, 201, 202, 404, 410, 500, 503):
            self.wrong.append(f"{where}: {answer.status_code}")
        if b"injected" in answer.content or b"Injected" in answer.content:
            self.wrong.append(f"{where}: the error is repeated")
        return where


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
