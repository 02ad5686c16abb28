"""The register for a process that serves requests: read to its end, again and again (aiokafka)."""

import asyncio
import contextlib
import math
import time
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException

from concordat.agreements.book import Book, BookKeeper
from concordat.agreements.history import History
from concordat.kafka.log_consumer import log_consumer
from concordat.kafka.stop_consumer import stop_consumer
from concordat.kafka.topic_identity import SILENCE_MS, TopicIdentity
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client
from concordat.runtime.logs import get_logger

FIRST_LOAD_SECONDS = 30.0

STOPPED_WITHIN_SECONDS = 2.5

log = get_logger(__name__)


class RegisterFeed:
    """Keeps a book at the register's end; `age()` says how long ago that was last known.

    The book must not be trusted when `age()` is above what the caller can bear (P5: one second).
    `history` remembers every record, for questions about the past. A register that was lost or made
    again makes the book old for good: the process is to be started again.
    """

    def __init__(self, bootstrap: str, topics: Topics, *, interval: float = 0.2) -> None:
        self._bootstrap, self._interval = bootstrap, interval
        self._partition = TopicPartition(topics.register, 0)
        self._identity = TopicIdentity(
            admin_client(bootstrap, patience_ms=SILENCE_MS), topics.register
        )
        self._keeper = BookKeeper()
        self.history = History()
        self._rebuilding = asyncio.Lock()
        self._at_end = float("-inf")
        self._position = 0
        self._stale = self._unreachable = ""
        self._task: asyncio.Task[None] | None = None
        self._stopping = asyncio.Event()

    @property
    def book(self) -> Book:
        """The book as of the last record read."""
        return self._keeper.book

    async def book_at(self, instant: datetime) -> Book:
        """The book as it was at `instant`: verified anew in a thread, one question at a time."""
        async with self._rebuilding:
            return await asyncio.to_thread(self.history.book_at, instant)

    def age(self) -> float:
        """Seconds since the book was last known to be at the register's end; inf before."""
        return time.monotonic() - self._at_end

    async def start(self) -> None:
        """Begin reading; returns at once, `age()` tells when the first load is done."""
        self._task = asyncio.create_task(self._run(), name="register-feed")

    @property
    def following(self) -> "asyncio.Task[None]":
        """The reading itself: it ends only by an error nobody foresaw, or by `stop`."""
        assert self._task is not None, "start() comes first"
        return self._task

    async def stop(self) -> None:
        """Stop reading: between two reads, for a client cancelled while it connects leaks."""
        if self._task:
            self._stopping.set()
            await asyncio.wait({self._task}, timeout=STOPPED_WITHIN_SECONDS)
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                await self._follow()
            except asyncio.CancelledError:
                # The client also cancels its own requests, when it loses the broker.
                task = asyncio.current_task()
                if task is None or task.cancelling():
                    raise
                self._say_unreachable("CancelledError")
            except (KafkaError, KafkaException, OSError, TimeoutError) as error:
                self._say_unreachable(type(error).__name__)
            await asyncio.sleep(self._interval)

    def _say_unreachable(self, error: str) -> None:
        if error != self._unreachable:  # it is tried again several times a second
            log.warning("register-unreachable", error=error)
            self._unreachable = error

    async def _follow(self) -> None:
        consumer = log_consumer(self._bootstrap)
        try:
            await consumer.start()
            consumer.assign([self._partition])
            consumer.seek(self._partition, self._position)
            while not self._stopping.is_set():
                await self._catch_up(consumer)
                await asyncio.sleep(self._interval)
        finally:
            await stop_consumer(consumer)

    async def _catch_up(self, consumer: AIOKafkaConsumer) -> None:
        if self._stale:  # it may grow again, with other records where the missing ones were
            return
        asked = time.monotonic()
        ends = await asyncio.wait_for(consumer.end_offsets([self._partition]), 2)
        end = ends[self._partition]
        if end < self._position:
            self._goes_stale("it is shorter than last seen")
            return
        if not await asyncio.to_thread(self._identity.is_same):
            self._goes_stale("it was made again")
            return
        while self._position < end:
            batches = await consumer.getmany(self._partition, timeout_ms=500, max_records=1000)
            for record in batches.get(self._partition, []):
                self._take(record)
        self._at_end, self._unreachable = asked, ""

    def _goes_stale(self, why: str) -> None:
        """A notice may be missing: nothing is served under a book that is not kept up."""
        if why != self._stale:
            log.error("register-not-followed", reason=why, offset=self._position)
        self._stale = why

    def _take(self, record: Any) -> None:
        at = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        key = record.key.decode("utf-8", "replace") if record.key else None
        self._keeper.apply(key, record.value, offset=record.offset, recorded_at=at)
        self.history.add(key, record.value, offset=record.offset, recorded_at=at)
        self._position = record.offset + 1


async def read_history(
    bootstrap: str, topics: Topics, *, within_seconds: float = FIRST_LOAD_SECONDS
) -> History:
    """Read the register once, to its end as of now; raises `TimeoutError` when that fails."""
    feed = RegisterFeed(bootstrap, topics, interval=0.05)
    await feed.start()
    try:
        async with asyncio.timeout(within_seconds):
            while feed.age() == math.inf:  # noqa: ASYNC110 - the feed says when, by its age alone
                await asyncio.sleep(0.02)
    finally:
        await feed.stop()
    return feed.history
