"""An operator's replay on a rig: the product's own, on the rig's topics and database."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from datetime import UTC, datetime
from uuid import uuid4

from concordat.kafka.incidents_log import IncidentsLog, Stretch
from concordat.kafka.topics import Topics
from concordat.postgres.pool import open_pool
from concordat.runtime.clock import system_clock
from concordat.stack.live_records import LiveRecords
from concordat.stack.replay import Replay, ReplayParts
from concordat.stack.replay_throttle import Throttle
from concordat.streams.clients import common_settings, stage_producer
from concordat.streams.register_feed import StrictRegisterFeed

LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
_STATEMENT_SECONDS = 60.0


@asynccontextmanager
async def open_replays(kafka: str, topics: Topics, auditor_dsn: str) -> AsyncIterator[ReplayParts]:
    """Yield what replays are made of, as the command makes it."""
    common = common_settings(kafka, "replay")
    async with open_pool(auditor_dsn, statement_seconds=_STATEMENT_SECONDS, max_size=1) as auditor:
        with (
            IncidentsLog(kafka, topics.incidents) as log,
            closing(StrictRegisterFeed(common, topics.register)) as feed,
            closing(LiveRecords(kafka, topics, auditor)) as live,
        ):
            producer, throttle = stage_producer(common), Throttle(live.oldest)
            yield ReplayParts(log, feed, producer, auditor, topics, system_clock, throttle)


async def whole_log(parts: ReplayParts) -> list[Stretch]:
    """Every admission there is now."""
    return await asyncio.to_thread(parts.log.between, LONG_AGO)


async def replay_all(parts: ReplayParts, agency: str) -> int:
    """Decide every admission again for an agency; return how many deliveries got a number."""
    return await Replay(parts, f"replay-{uuid4().hex}", agency, await whole_log(parts)).write()
