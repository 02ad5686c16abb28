"""Crashes with contents in hand: what a dying service and its database say."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import islice

from concordat.postgres.roles import DELIVER
from concordat_events.envelope import Event, write_event
from exchange_on_kafka import CONTENT_KEY
from faults.rig import Rig
from kafka_log import append

DIES_SECONDS = 120.0
EACH = 5
NEEDED = 5 * EACH
POINTS = (("admit", "produced"), ("route", "produced"), ("deliver", "stored"))
REFUSALS = (
    (
        "a constraint",
        "ALTER TABLE concordat.delivery ADD CONSTRAINT small CHECK (seq < 0) NOT VALID",
        "ALTER TABLE concordat.delivery DROP CONSTRAINT small",
    ),
    (
        "a missing column",
        "ALTER TABLE concordat.delivery RENAME COLUMN body TO contents",
        "ALTER TABLE concordat.delivery RENAME COLUMN contents TO body",
    ),
)


@dataclass
class Crashes:
    """Kills services while `events`, which nobody has published yet, are in their hands."""

    rig: Rig
    events: Iterator[Event]
    deaths: int = 0
    said: list[tuple[str, str]] = field(default_factory=list)

    async def everywhere(self) -> None:
        """By an exception at a point of each loop, by SIGABRT, by a database that refuses."""
        for service, point in POINTS:
            await self._exception(service, point)
        for service in ("admit", "route", "inbox"):
            await self._abort(service)
        for name, statement, undo in REFUSALS:
            await self._refused(name, statement, undo)

    async def _exception(self, service: str, point: str) -> None:
        (worker,) = self.rig.of(service)
        worker.orders.give("fail", point)
        await asyncio.to_thread(self._publish)
        assert await asyncio.to_thread(worker.exit_code, DIES_SECONDS) != 0
        self.deaths += 1
        await self._start(service)

    async def _abort(self, service: str) -> None:
        (worker,) = self.rig.of(service)
        worker.send(signal.SIGABRT)
        code = await asyncio.to_thread(worker.exit_code, DIES_SECONDS)
        assert code == -signal.SIGABRT, f"{worker.name} ended with {code}: {worker.tail()}"
        self.deaths += 1
        await self._start(service)

    async def _refused(self, name: str, statement: str, undo: str) -> None:
        """The database refuses what deliver writes; the command, as in production, dies of it."""
        (worker,) = self.rig.of("deliver")
        await asyncio.to_thread(worker.leave)
        await asyncio.to_thread(self._publish)
        await asyncio.to_thread(self.rig.exchange.until_drained, "admit", "route")
        async with _changed(self.rig, statement, undo):
            text = await asyncio.to_thread(_command, self.rig)
        self.said.append((f"deliver, refused by {name}", text))
        self.deaths += 1
        await self._start("deliver")

    async def _start(self, service: str) -> None:
        await asyncio.to_thread(self.rig.start, service)
        await asyncio.to_thread(self.rig.until_works, service)

    def _publish(self) -> None:
        for event in islice(self.events, EACH):
            topic = self.rig.exchange.topics.outbox(event.publisher)
            record = (event.subject.encode(), write_event(event))
            assert not append(self.rig.exchange.producer, topic, [record])


@asynccontextmanager
async def _changed(rig: Rig, statement: str, undo: str) -> AsyncIterator[None]:
    await rig.ask(statement)
    try:
        yield
    finally:
        await rig.ask(undo)


def _command(rig: Rig) -> str:
    """Run `concordat run deliver` until it dies; return all that it said."""
    settings = {
        "KAFKA": rig.exchange.kafka,
        "TOPIC_PREFIX": rig.exchange.topics.prefix,
        "CONTENT_KEY": CONTENT_KEY,
        "POSTGRES": rig.database.dsn(DELIVER),
    }
    environment = {f"CONCORDAT_{name}": value for name, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-m", "concordat.cli.main", "run", "deliver"],
        env=environment | {"PATH": os.defpath},
        capture_output=True,
        text=True,
        timeout=DIES_SECONDS,
        check=False,
    )
    assert done.returncode != 0, done.stderr
    return done.stdout + done.stderr
