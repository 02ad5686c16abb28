"""The part of deliver that follows the register: it releases what was held, purges what may never
be read. Without the register it does nothing, and the rest of deliver goes on.
"""

import asyncio
import time
from datetime import date

from concordat.agreements.book import Book
from concordat.agreements.day import london_day
from concordat.deliver.held_items import find_due
from concordat.deliver.open_items import read_open_items
from concordat.deliver.passing import PASSING
from concordat.deliver.past import Answers, Past
from concordat.deliver.purge import purge
from concordat.deliver.readiness import Readiness
from concordat.deliver.release import Hook, release
from concordat.kafka.register_feed import RegisterFeed
from concordat.postgres.pool import Pool
from concordat.runtime.clock import Clock
from concordat.runtime.logs import get_logger

OLDEST_BOOK_SECONDS = 2.0
TURN_SECONDS = 0.2
# Items decided before a change may be stored after it.
SOON_SECONDS, LATER_SECONDS = 5.0, 60.0
_MOST_ANSWERS = 200_000

log = get_logger(__name__)


class RegisterFollower:
    """Looks at all open items whenever the register or the day has changed, and now and then."""

    def __init__(
        self, feed: RegisterFeed, pool: Pool, readiness: Readiness, clock: Clock, hook: Hook
    ) -> None:
        self._feed, self._pool = feed, pool
        self._readiness, self._clock, self._hook = readiness, clock, hook
        self._answers: Answers = {}
        self._seen: tuple[int, date] | None = None
        self._again_at = 0.0
        self._ended = False

    async def run(self) -> None:
        """Follow for ever; raises what is not of `PASSING`."""
        while True:
            try:
                await self._turn()
            except PASSING as error:
                self._readiness.note("register", "what was held is not released at the moment")
                log.warning("look at held items failed", error=type(error).__name__)
                self._seen = None
            await asyncio.sleep(TURN_SECONDS)

    async def _turn(self) -> None:
        if self._feed.following.done():
            self._say_why_it_ended(self._feed.following)
        if self._feed.age() > OLDEST_BOOK_SECONDS:
            why = "nothing is released or purged, for the register cannot be read"
            self._readiness.note("register", why)
            return
        book, now = self._feed.book, self._clock()
        state = book.register_offset, london_day(now)
        changed = state != self._seen
        if changed or time.monotonic() >= self._again_at:
            await self._look(book)
            self._again_at = time.monotonic() + (SOON_SECONDS if changed else LATER_SECONDS)
            self._seen = state
        self._readiness.note("register", None)

    def _say_why_it_ended(self, following: "asyncio.Task[None]") -> None:
        error = None if following.cancelled() else following.exception()
        if not self._ended:
            log.error("the register is no longer followed", error=type(error).__name__)
        self._ended = True

    async def _look(self, book: Book) -> None:
        items = await read_open_items(self._pool)
        if len(self._answers) > _MOST_ANSWERS:
            self._answers.clear()
        past = Past(book.register, self._clock(), self._answers)
        due = await asyncio.to_thread(find_due, items, book, past)
        for agency, held in due.released.items():
            count = await release(self._pool, agency, held, past, self._hook)
            log.info("released", agency=agency, count=count, register_offset=book.register_offset)
        for item in due.purged:
            count = await purge(self._pool, item)
            log.info(
                "purged",
                agency=item.recipient,
                count=count,
                agreement=item.agreement,
                version=item.version,
            )
