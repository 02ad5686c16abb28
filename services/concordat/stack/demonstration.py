"""Plays the demonstration into a running exchange and waits until all of it has arrived."""

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from confluent_kafka import KafkaException

from concordat.kafka.topics import Topics
from concordat.publish.demo_data import demo_events
from concordat.publish.play import play
from concordat.publish.row_fault import RowFault
from concordat.stack.exchange import Exchange
from concordat.stack.lag import measure_lag
from concordat.stack.summary import Summary, summarise
from concordat_events.publisher import Publisher

SETTLE_SECONDS = 120.0
DATA = Path(__file__).parents[3] / "demo" / "2025-12-west-mercia-street.csv"


class NotDelivered(RuntimeError):
    """Events were still on their way when patience ended."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who is told how the demonstration goes."""

    published: Callable[[int, int], None]  # acknowledged so far, of how many
    row_fault: Callable[[RowFault], None]


async def play_demonstration(exchange: Exchange, data: Path, listener: Listener) -> Summary:
    """Publish every event of `data` through the real path; return the summary once it settled.

    Raises `NotAStreetFile`, `OSError`, `PublishFailed`, `NotDelivered`.
    """
    started = time.monotonic()
    events = list(await asyncio.to_thread(lambda: list(demo_events(data, listener.row_fault))))
    topics = Topics()
    acknowledged: dict[str, int] = {}

    def told(agency: str, count: int) -> None:
        acknowledged[agency] = count
        listener.published(sum(acknowledged.values()), len(events))

    async with AsyncExitStack() as open_publishers:
        outboxes = {
            agency: await open_publishers.enter_async_context(
                Publisher(
                    exchange.stack.kafka,
                    agency,
                    topic=topics.outbox(agency),
                    progress=partial(told, agency),
                )
            )
            for agency in sorted({event.publisher for event in events})
        }
        played = await play(events, outboxes)
    published = time.monotonic()
    await settle(exchange)
    seconds = {
        "publish": round(published - started, 1),
        "settle": round(time.monotonic() - published, 1),
    }
    return await summarise(
        exchange.stack.kafka, topics, exchange.auditor_dsn, played.total(), seconds
    )


async def settle(exchange: Exchange, patience: float = SETTLE_SECONDS) -> None:
    """Return when no stage has anything left to do; raises `NotDelivered`.

    A broker that does not answer for a moment is asked again.
    """
    deadline = time.monotonic() + patience
    while True:
        if exchange.ended.done():
            exchange.ended.result()
        behind = await _behind(exchange)
        if behind == 0:
            return
        if time.monotonic() > deadline:
            raise NotDelivered(
                "Kafka does not say how much is on its way"
                if behind is None
                else f"{behind} records still on their way"
            )
        await asyncio.sleep(0.2)


async def _behind(exchange: Exchange) -> int | None:
    try:
        return (await measure_lag(exchange.stack.kafka, Topics(), exchange.auditor_dsn)).behind
    except KafkaException as failed:
        error = failed.args[0]
        if error.code() >= 0 and not error.retriable():  # below are the client's own: time-outs
            raise
        return None
