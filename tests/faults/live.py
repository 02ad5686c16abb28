"""Live events at a steady rate, and how long each took from its publication to its row."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from uuid import uuid4

from exchange_on_kafka import PUBLISHERS, event
from faults.rig import Rig
from faults.sending import Letter, Sender

PREFIX = "live"
_TICK_SECONDS = 0.01


@dataclass
class Live:
    """Publishes until cancelled; `published` has the instant of each event, by id."""

    rig: Rig
    per_second: int
    published: dict[str, float] = field(default_factory=dict)
    name: str = field(default_factory=lambda: uuid4().hex[:8])

    async def run(self) -> None:
        """Keep to the rate: what a tick comes late with, it catches up on."""
        sender = Sender[str](self.rig.exchange.kafka, "live")
        clock = asyncio.get_running_loop().time
        began = clock()
        while True:
            due = int((clock() - began) * self.per_second) - len(self.published)
            for letter, id_ in self._next(due):
                self.published[id_] = time.time()
                sender.send(letter, id_)
            await asyncio.sleep(_TICK_SECONDS)

    def _next(self, count: int) -> Iterator[tuple[Letter, str]]:
        for number in range(len(self.published), len(self.published) + count):
            publisher = PUBLISHERS[number % len(PUBLISHERS)]
            id_, case = f"{PREFIX}-{self.name}-{number:08d}", f"case-live-{number % 97:04d}"
            value = event(number, publisher, id=id_, subject=case)
            yield Letter(self.rig.exchange.topics.outbox(publisher), case.encode(), value), id_

    async def until_flowing(self) -> None:
        """Wait until what is published now comes out at the end: clients connect with the first."""
        query = "SELECT count(*) AS n FROM concordat.event WHERE id LIKE $1"
        published = len(self.published) + self.per_second
        while True:
            (row,) = await self.rig.ask(query, f"{PREFIX}-{self.name}-%")
            if row["n"] >= published:
                return
            await asyncio.sleep(0.1)


@asynccontextmanager
async def live_events(rig: Rig, per_second: int) -> AsyncIterator[Live]:
    """Publish inside the block; everything is stored on leaving."""
    live = Live(rig, per_second)
    task = asyncio.create_task(live.run())
    try:
        await live.until_flowing()
        yield live
        if task.done():
            task.result()
    finally:
        task.cancel()
        await asyncio.wait([task])
    await rig.until_drained()


async def latencies(rig: Rig, live: Live, windows: list[tuple[float, float]]) -> list[float]:
    """Seconds from publication to row, ranked, of what was published inside these windows.

    By the database's time at the beginning of the transaction that stored it.
    """
    rows = await rig.ask(
        "SELECT id, extract(epoch FROM stored_at)::float8 AS stored FROM concordat.event "
        "WHERE id LIKE $1",
        f"{PREFIX}-{live.name}-%",
    )
    stored = {row["id"]: row["stored"] for row in rows}
    return sorted(
        stored[id_] - at
        for id_, at in live.published.items()
        if any(begin <= at < end for begin, end in windows)
    )
