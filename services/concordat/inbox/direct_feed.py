"""Feeds the inboxes of agencies that are `direct` in an agreement to their Kafka topics.

At least once: a crash after the broker's acknowledgement and before the position is stored writes
the same deliveries again, and so does a database that was restored, from the beginning. A reader of
`inbox.<agency>` goes by the delivery's id. What it gets is what the inbox would return at that
moment, in the order of its numbers; what has left cannot be called back.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace

import asyncpg

from concordat.agreements.book import Book
from concordat.inbox.clock_behind import clock_is_behind
from concordat.inbox.database_away import DATABASE_AWAY
from concordat.inbox.dependencies import MAX_BOOK_AGE_SECONDS, Dependencies
from concordat.inbox.direct_items import Stretch, Versions, direct_versions, feedable
from concordat.inbox.direct_rows import (
    lock_position,
    move_position,
    open_position,
    read_stretch,
)
from concordat.inbox.direct_topics import (
    MOST_AT_ONCE,
    DirectTopics,
    DirectTopicUnavailable,
    open_direct_topics,
)
from concordat.inbox.inbox_rows import mark_collected
from concordat.kafka.topics import Topics
from concordat.postgres.pool import Pool, agency_scope, open_pool
from concordat.runtime.logs import get_logger

# A notification can be lost with its connection, so the feed looks this often.
LOOK_AGAIN_SECONDS = 1.0
RETRY_SECONDS = 1.0

_PASSING = (
    *DATABASE_AWAY,
    asyncpg.DeadlockDetectedError,
    asyncpg.LockNotAvailableError,
    asyncpg.SerializationError,
)

log = get_logger(__name__)


class DirectFeed:
    """Feeds every direct inbox, each on its own: one that cannot be fed holds up no other.

    `locks` is a pool of its own, so that the API never waits for a connection that waits for Kafka.
    """

    def __init__(
        self,
        needs: Dependencies,
        locks: Pool,
        topics: DirectTopics,
        look_again_seconds: float = LOOK_AGAIN_SECONDS,
    ) -> None:
        self._needs, self._locks, self._topics = needs, locks, topics
        self._look_again_seconds = look_again_seconds
        self._known: tuple[int, dict[str, Versions]] = (-1, {})

    async def run(self) -> None:
        """Feed until the process stops; raises what nobody foresaw."""
        fed: set[str] = set()
        async with asyncio.TaskGroup() as group:
            while not self._needs.arrivals.closed:
                for agency in set(self._direct(self._needs.feed.book)) - fed:
                    group.create_task(self._keep_feeding(agency), name=f"direct-feed-{agency}")
                    fed.add(agency)
                await asyncio.sleep(self._look_again_seconds)

    async def turn(self, agency: str) -> bool:
        """Feed the next stretch of one inbox; return whether there may be more to do.

        Raises `DirectTopicUnavailable`, and what a database raises that is away.
        """
        book = self._fresh_book()
        if book is None:
            return False
        async with agency_scope(self._locks, agency) as holding:
            after = await lock_position(holding, agency)
            if after is None:  # another process feeds it, or nobody ever did
                return await open_position(holding, agency)
            fed = await self._feed(agency, await self._read(agency, after, book))
            if fed.through == after:
                return False
            await move_position(holding, agency, fed.through)
        if fed.items:
            log.info("fed", agency=agency, count=len(fed.items))
        return True

    async def _keep_feeding(self, agency: str) -> None:
        arrivals = self._needs.arrivals
        while not arrivals.closed:
            arrival = arrivals.next(agency)
            try:
                while not arrivals.closed and await self.turn(agency):
                    pass
            except DirectTopicUnavailable as error:
                log.warning("direct-topic-not-written", agency=agency, error_code=error.code)
                await asyncio.sleep(RETRY_SECONDS)
            except _PASSING as error:
                log.warning("direct-inbox-not-read", agency=agency, error=type(error).__name__)
                await asyncio.sleep(RETRY_SECONDS)
            with suppress(TimeoutError):
                async with asyncio.timeout(self._look_again_seconds):
                    await arrival.wait()

    async def _read(self, agency: str, after: int, book: Book) -> Stretch:
        versions = self._direct(book).get(agency, frozenset())
        async with agency_scope(self._needs.pool, agency) as connection:
            if await clock_is_behind(connection, self._needs):
                return Stretch(after, (), after)
            stretch = await read_stretch(
                connection,
                agency,
                after=after,
                versions=versions,
                register_offset=book.register_offset,
            )
        return self._feedable(agency, stretch)

    async def _feed(self, agency: str, stretch: Stretch) -> Stretch:
        """Write what of `stretch` may be read at the last moment, and return it."""
        if not stretch.items:
            return stretch
        await self._topics.check(agency)
        # Marked before anything leaves: rather one too many counted as a holder than one missed.
        async with agency_scope(self._needs.pool, agency) as connection:
            items = [each.item for each in stretch.items]
            if not await mark_collected(connection, agency, items):
                return _nothing(stretch)  # one has moved: it is found there next time
        ready = self._feedable(agency, stretch)
        if ready.items:
            await self._topics.write(agency, ready.items)
        return ready

    def _feedable(self, agency: str, stretch: Stretch) -> Stretch:
        """What may be read now; nothing under a book that is too old."""
        book = self._fresh_book()
        if book is None:
            return _nothing(stretch)
        versions = self._direct(book).get(agency, frozenset())
        return feedable(stretch, book, versions, agency=agency, now=self._needs.clock())

    def _fresh_book(self) -> Book | None:
        feed = self._needs.feed
        return feed.book if feed.age() <= MAX_BOOK_AGE_SECONDS else None

    def _direct(self, book: Book) -> dict[str, Versions]:
        if self._known[0] != book.register_offset:
            self._known = book.register_offset, direct_versions(book.register.agreements)
        return self._known[1]


def _nothing(stretch: Stretch) -> Stretch:
    return replace(stretch, items=(), through=stretch.after)


@asynccontextmanager
async def feed_directly(
    needs: Dependencies, dsn: str, bootstrap: str, topics: Topics
) -> AsyncIterator["asyncio.Task[None]"]:
    """Feed inside the block, through any failure of Kafka or the database.

    Yields the task that does it: it ends only by an error that nobody expected.
    """
    async with (
        open_pool(dsn, min_size=0, max_size=MOST_AT_ONCE) as locks,
        open_direct_topics(bootstrap, topics) as opened,
    ):
        task = asyncio.create_task(DirectFeed(needs, locks, opened).run(), name="direct-feed")
        try:
            yield task
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
