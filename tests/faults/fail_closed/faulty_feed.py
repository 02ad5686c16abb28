"""The API while the reading of the register raises at one of its waits: no item under a notice."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from concordat.kafka.register_feed import RegisterFeed
from faults.fail_closed.faulty_inbox import FaultyInbox, open_inbox
from faults.fail_closed.injected import Injected
from faults.fail_closed.interrupted import Interruption
from faults.fail_closed.written_register import WrittenRegister
from faults.rig import Rig

BITES_SECONDS, WATCHED_SECONDS = 1.0, 0.5
_TURN_SECONDS = 0.01


@dataclass
class FaultyFeed:
    """Opens an API of its own for every fault, for one may be the end of its feed."""

    rig: Rig
    register: WrittenRegister
    page: str
    """Where its readers begin: what comes before has been left by its items."""
    faults: Counter[str] = field(default_factory=Counter)
    places: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)
    read: int = 0
    _news: bool = False
    _look: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def waits(self) -> int:
        """How often one look at the register waits when there is something new."""
        counting = Interruption()
        async with self._open(counting) as inbox:
            await self._suspend()
            await inbox.until_suspended()
        await asyncio.to_thread(self.register.resume)
        return counting.waits

    async def interrupt(self, interruption: Interruption) -> None:
        """The wait raises in the look that finds a notice; is something served long after it?"""
        async with self._open(interruption) as inbox:
            await self._suspend()
            written = time.monotonic()
            while (now := time.monotonic()) < written + BITES_SECONDS + WATCHED_SECONDS:
                answer = await inbox.ask(inbox.page)
                if b'"delivery"' in answer.content and now > written + BITES_SECONDS:
                    self.wrong.append(f"{_where(interruption)}: an item a second after its notice")
                    break
                await asyncio.sleep(_TURN_SECONDS)
            self._note(interruption, inbox)
        await asyncio.to_thread(self.register.resume)

    async def _suspend(self) -> None:
        """Write a notice between two looks: the next one is interrupted, and no other."""
        async with self._look:
            await asyncio.to_thread(self.register.suspend)
            self._news = True

    @asynccontextmanager
    async def _open(self, interruption: Interruption) -> AsyncIterator[FaultyInbox]:
        """An API that serves items, whose feed is not interrupted yet."""
        catch_up, self._news = RegisterFeed._catch_up, False

        async def interrupted(feed: RegisterFeed, consumer: Any) -> None:
            async with self._look:
                look, news, self._news = catch_up(feed, consumer), self._news, False
                await (interruption.through(look) if news else look)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(RegisterFeed, "_catch_up", interrupted)
            with suppress(Injected):  # what has ended the feed comes out as it is stopped
                async with open_inbox(self.rig) as inbox:
                    inbox.page = self.page
                    await inbox.until_readable()
                    self.read += 1
                    yield inbox

    def _note(self, interruption: Interruption, inbox: FaultyInbox) -> None:
        if not interruption.fired:
            self.outcomes["did not come to it"] += 1
            return
        self.faults[interruption.error] += 1
        self.places.add(_where(interruption))
        feed: Any = inbox.dependencies.feed
        ended = feed.following.done()
        self.outcomes["ended" if ended else "went on"] += 1
        if ended == (interruption.error == "system"):
            state = "ended" if ended else "went on"
            self.wrong.append(f"{_where(interruption)}: it {state} after {interruption.error}")


def _where(interruption: Interruption) -> str:
    return f"register feed {interruption.when} wait {interruption.nth}"
