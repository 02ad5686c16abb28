"""Recipients that poll their inboxes over HTTP, and what the last answer was that gave what."""

import asyncio
import time
from collections import deque
from dataclasses import dataclass, field

import httpx
import msgspec

PAGE = 500
LOOKS_BACK_SECONDS = 2.0
_FOLLOW_SECONDS, _AGAIN_SECONDS = 0.02, 0.05


class _Delivery(msgspec.Struct):
    agreement: str


class _Item(msgspec.Struct):
    seq: int
    delivery: _Delivery


class _Page(msgspec.Struct):
    items: list[_Item]
    cursor: str


read_page = msgspec.json.Decoder(_Page).decode


@dataclass
class Seen:
    """By agreement: when the last 200 that returned an item under it had arrived, and how many."""

    last: dict[str, float] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    answers: dict[int, int] = field(default_factory=dict)

    def take(self, answer: httpx.Response) -> _Page | None:
        """Count an answer; return the page if it is one."""
        self.answers[answer.status_code] = self.answers.get(answer.status_code, 0) + 1
        if answer.status_code != httpx.codes.OK:
            return None
        arrived, page = time.time(), read_page(answer.content)
        for item in page.items:
            agreement = item.delivery.agreement
            self.last[agreement] = max(arrived, self.last.get(agreement, 0.0))
            self.items[agreement] = self.items.get(agreement, 0) + 1
        return page


@dataclass
class Recipient:
    """One agency: it follows its inbox as it grows, and reads again what it was given lately.

    While `fixed` it reads again from where that was set, however long ago.
    """

    client: httpx.AsyncClient
    seen: Seen
    cursor: str | None = None
    fixed: bool = False
    _lately: deque[tuple[float, str | None]] = field(default_factory=deque)
    _again: str | None = None

    async def follow(self) -> None:
        """Wait for what arrives next, for ever."""
        while True:
            page = await self._ask(self.cursor, wait=1)
            if page is not None:
                self._lately.append((time.monotonic(), self.cursor))
                self.cursor = page.cursor
            await asyncio.sleep(_FOLLOW_SECONDS)

    async def read_again(self) -> None:
        """Read what came in the last seconds, again and again."""
        while True:
            await self._ask(self._from(), wait=0)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def read_all(self) -> int:
        """Read the whole inbox as it is now; return the number of items."""
        cursor, count = None, 0
        while True:
            page = await self._ask(cursor, wait=0)
            if page is None:
                continue
            count += len(page.items)
            if page.cursor == cursor:
                return count
            cursor = page.cursor

    def fix(self) -> None:
        """From now on read again whatever comes after this."""
        self.fixed, self._again = True, self.cursor

    def _from(self) -> str | None:
        if not self.fixed:
            while self._lately and self._lately[0][0] < time.monotonic() - LOOKS_BACK_SECONDS:
                self._again = self._lately.popleft()[1]
        return self._again

    async def _ask(self, after: str | None, wait: int) -> _Page | None:
        query: dict[str, str | int] = {"limit": PAGE, "all": "true", "wait": wait}
        if after is not None:
            query["after"] = after
        return self.seen.take(await self.client.get("/v1/inbox", params=query))
