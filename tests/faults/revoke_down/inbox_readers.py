"""Agencies that read without pause: what comes next, what came before, and item by item."""

import asyncio
import random
import time
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx
import msgspec

from faults.rig import Rig

PAGE = 500
_FOLLOW_SECONDS, _AGAIN_SECONDS, _SINGLE_SECONDS = 0.02, 0.05, 0.05
_TICK_SECONDS = 0.02


class _Delivery(msgspec.Struct):
    id: str
    agreement: str


class Item(msgspec.Struct):
    """One item of an answer."""

    seq: int
    delivery: _Delivery
    arrived: str | None = None


class _Page(msgspec.Struct):
    items: list[Item]
    cursor: str


_read_page = msgspec.json.Decoder(_Page).decode
_read_item = msgspec.json.Decoder(Item).decode


@dataclass
class Seen:
    """What HTTP 200 answers held: by agreement, when the last one returned, and which numbers.

    `last` is when it was taken, `last_surely` when this process had last looked before it did: on a
    loaded machine an answer lies there for a while, and did not return later than it came. `good`
    are the instants at which each agency got any 200 for a page; `answers` counts all.
    """

    last: dict[str, float] = field(default_factory=dict)
    last_surely: dict[str, float] = field(default_factory=dict)
    numbers: dict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    good: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    answers: Counter[int] = field(default_factory=Counter)
    cut_off: int = 0
    late: list[float] = field(default_factory=list)
    """How late this process itself was each time that it was due, in seconds."""
    looks: deque[float] = field(default_factory=lambda: deque([0.0, 0.0], maxlen=2))

    async def watch_itself(self) -> None:
        """An answer may seem late because nobody looked: say when somebody did."""
        while True:
            self.looks.append(time.time())
            due = time.monotonic() + _TICK_SECONDS
            await asyncio.sleep(_TICK_SECONDS)
            self.late.append(time.monotonic() - due)

    def take(self, agency: str, answer: httpx.Response) -> list[Item]:
        """Count an answer that has just returned; return its items."""
        returned, surely = time.time(), self.looks[0]
        self.answers[answer.status_code] += 1
        if answer.status_code != httpx.codes.OK:
            return []
        if answer.request.url.path == "/v1/inbox":
            self.good[agency].append(returned)
            items = _read_page(answer.content).items
        else:
            items = [_read_item(answer.content)]
        for item in items:
            agreement = item.delivery.agreement
            self.last[agreement] = max(returned, self.last.get(agreement, 0.0))
            self.last_surely[agreement] = max(surely, self.last_surely.get(agreement, 0.0))
            self.numbers[agreement].add(item.seq)
        return items


@dataclass
class Reader:
    """One agency's readers; `again` is the cursor after which they read over and over."""

    agency: str
    client: httpx.AsyncClient
    seen: Seen
    draw: random.Random
    cursor: str | None = None
    again: str | None = None
    numbers: set[int] = field(default_factory=set)

    def begin_here(self) -> None:
        """From now on read again what comes after this."""
        self.again = self.cursor
        self.numbers.clear()

    async def follow(self) -> None:
        """Wait for what arrives next, for ever."""
        while True:
            answer, items = await self._page(self.cursor, wait=1)
            if answer.is_success:
                self.cursor = answer.json()["cursor"]
                self.numbers.update(item.seq for item in items)
            await asyncio.sleep(_FOLLOW_SECONDS)

    async def read_again(self) -> None:
        """Read the same pages over and over."""
        while True:
            await self._page(self.again, wait=0)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def read_singly(self) -> None:
        """Read one item by its number, over and over."""
        while True:
            if self.numbers:
                number = self.draw.choice(sorted(self.numbers))
                self.seen.take(self.agency, await self._get(f"/v1/inbox/{number}"))
            await asyncio.sleep(_SINGLE_SECONDS)

    async def read_all(self) -> list[Item]:
        """Return every item that can be read now."""
        cursor, found = None, list[Item]()
        while True:
            answer, items = await self._page(cursor, wait=0)
            if not answer.is_success:
                await asyncio.sleep(_AGAIN_SECONDS)
                continue
            found += items
            if answer.json()["cursor"] == cursor:
                return found
            cursor = answer.json()["cursor"]

    async def _page(self, after: str | None, wait: int) -> tuple[httpx.Response, list[Item]]:
        query: dict[str, str | int] = {"limit": PAGE, "all": "true", "wait": wait}
        if after is not None:
            query["after"] = after
        answer = await self._get("/v1/inbox", query)
        return answer, self.seen.take(self.agency, answer)

    async def _get(self, path: str, query: Mapping[str, str | int] | None = None) -> httpx.Response:
        """Ask; again where a kept connection was closed just as it was used."""
        while True:
            try:
                return await self.client.get(path, params=query)
            except httpx.RemoteProtocolError:
                self.seen.cut_off += 1


@asynccontextmanager
async def reading(
    rig: Rig, agencies: list[str], seen: Seen, draw: random.Random
) -> AsyncIterator[dict[str, Reader]]:
    """Read as every agency inside the block; what ends a reader early is raised on leaving."""
    readers = {each: Reader(each, rig.client(each), seen, draw) for each in agencies}
    tasks = [
        asyncio.create_task(work())
        for each in readers.values()
        for work in (each.follow, each.read_again, each.read_singly)
    ]
    tasks.append(asyncio.create_task(seen.watch_itself()))
    try:
        yield readers
        for task in tasks:
            if task.done():
                task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.wait(tasks)
        for each in readers.values():
            await each.client.aclose()
