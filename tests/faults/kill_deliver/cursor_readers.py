"""Readers that follow their inboxes by cursor, as clients do, and trust no number twice."""

import asyncio
import random
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass, field

import httpx
import msgspec

from concordat.inbox.inbox_rows import acknowledge, mark_collected, read_items
from concordat.inbox.stored_item import StoredItem
from concordat.postgres.pool import Pool, agency_scope
from faults.kill_deliver.fan_out import number_of

LIMIT = 200


class _Delivery(msgspec.Struct):
    originid: str


class _Item(msgspec.Struct):
    seq: int
    delivery: _Delivery
    arrived: str | None = None


class _Stopped(msgspec.Struct):
    seq: int


class _Page(msgspec.Struct):
    items: list[_Item]
    stopped: list[_Stopped]
    cursor: str


_page = msgspec.json.Decoder(_Page).decode
_delivery = msgspec.json.Decoder(_Delivery).decode


@dataclass(kw_only=True)
class Reader(ABC):
    """Reads on behind its cursor, checks that no number is left out, acknowledges what it saw.

    `skipped` are numbers that a page left out; `read` counts how often it got each event, leaving
    out what was marked as coming again.
    """

    agency: str
    draw: random.Random
    seen: int = 0
    skipped: set[int] = field(default_factory=set)
    backward: int = 0
    read: Counter[int] = field(default_factory=Counter)
    again: set[int] = field(default_factory=set)
    stopped: int = 0
    pages: int = 0
    ended: int = 0
    answers: Counter[int] = field(default_factory=Counter)

    @property
    def all_read(self) -> set[int]:
        """The numbers of all events that it got."""
        return self.read.keys() | self.again

    async def follow(self) -> None:
        """Read until cancelled."""
        while True:
            count = await self.turn()
            await asyncio.sleep(self.draw.random() * (0.05 if count else 0.2))

    @abstractmethod
    async def turn(self) -> int:
        """Read and acknowledge one page; return how many numbers it had."""

    def take(self, items: list[tuple[int, str, str | None]], stopped: list[int]) -> list[int]:
        """Check a page and return its numbers, in order."""
        numbers = sorted([*stopped, *(seq for seq, _, _ in items)])
        self.pages += 1
        self.ended += 0 < len(numbers) < LIMIT
        self.backward += bool(numbers) and numbers[0] <= self.seen
        self.skipped.update(set(range(self.seen + 1, max(numbers, default=0))) - set(numbers))
        self.seen = max([self.seen, *numbers])
        self.stopped += len(stopped)
        for _, event_id, arrived in items:
            if arrived is None:
                self.read[number_of(event_id)] += 1
            else:
                self.again.add(number_of(event_id))
        return numbers


@dataclass(kw_only=True)
class HttpReader(Reader):
    """Through the HTTP API; `client` calls as the agency. It waits for arrivals at the end."""

    client: httpx.AsyncClient
    after: str | None = None

    async def turn(self) -> int:
        """As a client does: the page's cursor is where the next one begins."""
        query = {"limit": str(LIMIT), "wait": str(self.draw.choice((0, 0, 1)))}
        if self.after is not None:
            query["after"] = self.after
        answer = await self.client.get("/v1/inbox", params=query)
        self.answers[answer.status_code] += 1
        if answer.status_code != 200:
            return 0
        page = _page(answer.content)
        items = [(each.seq, each.delivery.originid, each.arrived) for each in page.items]
        numbers = self.take(items, [each.seq for each in page.stopped])
        self.after = page.cursor
        if numbers:
            await self._acknowledge(numbers)
        return len(numbers)

    async def _acknowledge(self, numbers: list[int]) -> None:
        """Again for as long as the exchange says that it cannot now."""
        status = 503
        while status == 503:
            answer = await self.client.post("/v1/inbox/ack", json={"seqs": numbers})
            status = answer.status_code
            self.answers[status] += 1


@dataclass(kw_only=True)
class RowsReader(Reader):
    """By the API's own queries as the API's role: more often at the moving end than HTTP gets."""

    pool: Pool

    async def turn(self) -> int:
        """Read behind the highest number seen, in one transaction; acknowledge in another."""
        async with agency_scope(self.pool, self.agency) as connection:
            found = await read_items(
                connection, self.agency, after=self.seen, limit=LIMIT, acknowledged=False
            )
            stored = [each for each in found if isinstance(each, StoredItem)]
            if not await mark_collected(connection, self.agency, stored):
                return 0
        items = [(each.seq, _delivery(each.body or "").originid, each.arrived) for each in stored]
        stopped = [each.seq for each in found if not isinstance(each, StoredItem)]
        numbers = self.take(items, stopped)
        if numbers:
            async with agency_scope(self.pool, self.agency) as connection:
                known = await acknowledge(connection, self.agency, numbers, lambda _item: False)
            self.answers[200 if known else 404] += 1
        return len(numbers)
