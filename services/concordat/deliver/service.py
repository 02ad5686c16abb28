"""The composition root of deliver."""

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from math import inf
from typing import Any

from concordat.deliver.errors import NEEDS_OPERATOR
from concordat.deliver.follow_register import RegisterFollower
from concordat.deliver.followed_logs import FollowedLogs
from concordat.deliver.hint import HINT_GROUP, PositionHint
from concordat.deliver.loop import MOST_FAILURES, DeliverLoop, DeliverParts, watch_log
from concordat.deliver.readiness import Readiness
from concordat.deliver.source import RoutedSource
from concordat.deliver.store import DeliverStore, Hook, do_nothing
from concordat.deliver.writer_lock import WriterLock, reach_writer_lock
from concordat.kafka.register_feed import RegisterFeed
from concordat.kafka.topics import Topics
from concordat.postgres.pool import open_pool
from concordat.runtime.clock import Clock, system_clock
from concordat.runtime.logs import get_logger
from concordat.runtime.settings import Settings

_STATEMENT_SECONDS = 30.0
_LOOK_AGAIN_SECONDS = 3.0
_STOP_SECONDS, _STOP_TURN_SECONDS, _STOP_ATTEMPTS = 1.0, 0.02, 5
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class DeliverOptions:
    """What only tests change.

    `hook` is called at the points of the loop: "consumed", "stored" (before COMMIT), "committed";
    and of a release: "releasing" (before COMMIT), "released".
    """

    hook: Hook = do_nothing
    check_seconds: float = 10.0
    most_failures: int = MOST_FAILURES
    clock: Clock = system_clock


async def run_deliver(
    settings: Settings,
    stop: asyncio.Event,
    readiness: Readiness | None = None,
    options: DeliverOptions | None = None,
) -> None:
    """Deliver until `stop`, waiting first for the database and while another process delivers.

    Any later error leaves nothing half done; the process is then to be started again.
    """
    state = readiness or Readiness()
    async with AsyncExitStack() as stack:
        lock = await _reach(stack, settings, stop, state)
        if lock and await lock.take(stop, lambda: state.no("writer", "another process delivers")):
            log.info("is the writer")
            state.no("loop", "is starting")
            state.yes("writer")
            await _deliver(settings, stop, lock, state, options or DeliverOptions())


async def serve_deliver(
    settings: Settings,
    stop: asyncio.Event,
    readiness: Readiness,
    options: DeliverOptions | None = None,
) -> None:
    """Deliver until `stop`; where only an operator can say how to go on, wait for that.

    Nothing is held meanwhile, readiness names the command, and a look every few seconds goes on as
    soon as it was run. Any other error is raised.
    """
    while not stop.is_set():
        reason = await _why_not(settings, stop, readiness, options)
        if reason is not None:
            log.error("waits for an operator", reason=reason)
            readiness.no("operator", reason)
            readiness.yes("loop")  # of the two reasons the one that somebody can act on
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_AGAIN_SECONDS):
                    await stop.wait()


async def _why_not(
    settings: Settings,
    stop: asyncio.Event,
    readiness: Readiness,
    options: DeliverOptions | None,
) -> str | None:
    try:
        await run_deliver(settings, stop, readiness, options)
    except NEEDS_OPERATOR as error:
        return str(error)
    return None


async def _reach(
    stack: AsyncExitStack, settings: Settings, stop: asyncio.Event, readiness: Readiness
) -> WriterLock | None:
    said = ""

    def waiting(error: str) -> None:
        nonlocal said
        if error != said:
            log.warning("the database cannot be reached", error=error)
        said = error
        readiness.no("writer", "the database cannot be reached")

    return await reach_writer_lock(stack, settings.postgres.get_secret_value(), stop, waiting)


async def _deliver(
    settings: Settings,
    stop: asyncio.Event,
    lock: WriterLock,
    readiness: Readiness,
    options: DeliverOptions,
) -> None:
    topics = Topics(settings.topic_prefix)
    topic = topics.routed
    async with AsyncExitStack() as stack:
        source = RoutedSource(settings.kafka, topic)
        stack.push_async_callback(source.stop)
        await source.start()
        identity, partitions = await source.describe()
        pool = await stack.enter_async_context(
            open_pool(
                settings.postgres.get_secret_value(),
                statement_seconds=_STATEMENT_SECONDS,
                max_size=3,
            )
        )
        logs = FollowedLogs(source.admin, topics, pool)
        await logs.begin()
        store = DeliverStore(pool, topics, identity, options.hook)
        hint = PositionHint(source.admin, settings.kafka, topics.prefix + HINT_GROUP, topic)
        feed = RegisterFeed(settings.kafka, topics)
        await feed.start()
        stack.push_async_callback(_stop, feed)
        follower = RegisterFollower(feed, pool, readiness, options.clock, options.hook)
        parts = DeliverParts(
            source, logs, store, hint, readiness, options.hook, options.most_failures
        )
        await _until_the_first_ends(
            DeliverLoop(parts).run(stop),
            follower.run(),
            lock.watch(),
            watch_log(source, identity, partitions, readiness, options.check_seconds),
            logs.watch(options.check_seconds),
        )


async def _stop(feed: RegisterFeed) -> None:
    """End the feed. It is a side part: whatever its client does, the process leaves in time."""
    with suppress(TimeoutError):
        async with asyncio.timeout(_STOP_SECONDS):
            # Its client leaks what it is connecting; only its age says that it is connected.
            while feed.age() == inf and not feed.following.done():  # noqa: ASYNC110
                await asyncio.sleep(_STOP_TURN_SECONDS)
    for _ in range(_STOP_ATTEMPTS):  # a cancellation may meet a timeout and be lost
        feed.following.cancel()
        if (await asyncio.wait({feed.following}, timeout=_STOP_SECONDS))[0]:
            return


async def _until_the_first_ends(*parts: Coroutine[Any, Any, None]) -> None:
    """Run all parts; when one ends or fails, so do the others, and its error is raised."""
    tasks = [asyncio.ensure_future(part) for part in parts]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
