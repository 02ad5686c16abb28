"""What may befall the register itself under a whole exchange, one after the other."""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial

import httpx
from confluent_kafka import TopicPartition

from concordat.kafka.topics_admin import apply_topics
from concordat.streams.clients import common_settings, stage_producer
from faults.fail_closed.faulty_stages import Published
from faults.fail_closed.written_register import WrittenRegister
from faults.rig import Rig
from faults.workers import Worker
from integration.streams.register_faults import NOT_READ, hide_the_end
from kafka_log import append
from waiting import until

RECIPIENT = "social-care"
BEGINNING = "the register's beginning is missing"
SHORTER = "the register is shorter than last seen"
NOT_ASKED = "the register's end"
LEAVES_WITH = 75
SAYS_SECONDS, NO_LONGER_SECONDS = 90.0, 5.0
EACH = 10


@dataclass
class BrokenRegister:
    """A rig with admit, route, deliver and inbox at work."""

    rig: Rig
    register: WrittenRegister
    published: Published
    faults: Counter[str] = field(default_factory=Counter)
    events: int = 0
    refused: set[str] = field(default_factory=set)
    """Events that arrived while the register could not be read."""
    said: Counter[str] = field(default_factory=Counter)
    left: int = 0
    items_read: int = 0
    items_meanwhile: int = 0
    unavailable: int = 0
    unsaid: list[str] = field(default_factory=list)
    """What should have been said and was not; after the first nobody waits for long."""

    async def repeated(self) -> None:
        """Every record twice: nothing changes. After a suspension: it stands."""
        await self._publish_and_drain()
        await self._until(self._reads_items, "the recipient reads its items")
        await asyncio.to_thread(self.register.repeat_everything)
        await self._publish_and_drain()
        await asyncio.to_thread(self.register.suspend)
        await asyncio.to_thread(self.register.repeat_everything)
        await self._publish_and_drain(suspended=True)
        self.faults["repeated"] += 2
        await asyncio.to_thread(self.register.resume)
        await self._publish_and_drain()

    async def end_hidden(self) -> None:
        """An offset before the end that is no record; the suspension behind it shows the end."""
        await asyncio.to_thread(hide_the_end, self.rig.exchange)
        self.register.entries += [("of-no-kind", b"{}"), None]
        fresh = await self._arrive("end-hidden", NOT_READ, suspended=True)
        await asyncio.to_thread(self.register.suspend)
        self._start_again()
        await self.rig.until_drained()
        self.refused -= fresh
        await asyncio.to_thread(self.register.resume)
        await self._publish_and_drain()

    async def truncated(self) -> None:
        """Its first records are deleted."""

        def truncate() -> None:
            place = TopicPartition(self.rig.exchange.topics.register, 0, 5)
            self.rig.exchange.admin.delete_records([place])[place].result(30)

        await asyncio.to_thread(truncate)
        await self._arrive("truncated", BEGINNING, inbox_goes_on=True)

    async def shorter(self) -> None:
        """It is made again with its first three records."""

        def make_again() -> None:
            exchange, topic = self.rig.exchange, self.rig.exchange.topics.register
            self._delete()
            apply_topics(exchange.admin, exchange.plans)
            # A producer that knew the topic before may still take it for the one that is gone.
            producer = stage_producer(common_settings(exchange.kafka, "made-again"))
            entries = [(key.encode(), value) for key, value in exchange.register.log[:3]]
            until(lambda: not append(producer, topic, entries), "the register is made again")

        await asyncio.to_thread(make_again)
        await self._arrive("shorter", SHORTER)

    async def lost(self) -> None:
        """The topic is gone."""
        await asyncio.to_thread(self._delete)
        await self._arrive("lost", NOT_ASKED)

    async def until_left(self) -> None:
        """Wait until each stage has left, with the code that says why."""
        for service in ("admit", "route"):
            for worker in self._of(service):
                self.left += await asyncio.to_thread(worker.exit_code, 120) == LEAVES_WITH

    def _delete(self) -> None:
        admin, topic = self.rig.exchange.admin, self.rig.exchange.topics.register
        admin.delete_topics([topic])[topic].result(30)
        until(lambda: topic not in admin.list_topics(timeout=30).topics, "it is deleted")

    async def _publish_and_drain(self, *, suspended: bool = False) -> None:
        self.events += EACH
        await asyncio.to_thread(self.published.publish, "admit", EACH, suspended=suspended)
        await self.rig.until_drained()

    async def _arrive(
        self, fault: str, reason: str, *, suspended: bool = False, inbox_goes_on: bool = False
    ) -> set[str]:
        """Events arrive at both stages while the register is broken; none may get through."""
        self.faults[fault] += 1
        self.events += 2 * EACH
        fresh = await asyncio.to_thread(self.published.publish, "admit", EACH, suspended=suspended)
        fresh |= await asyncio.to_thread(self.published.publish, "route", EACH, suspended=suspended)
        self.refused |= fresh
        for service in ("admit", "route"):
            for worker in self._of(service):
                await self._until(partial(_says, worker, reason), f"{worker.name}: {reason}")
                self.said[fault] += "stage-paused" in worker.log.read_text(errors="replace")
        if not inbox_goes_on:
            await self._until(self._inbox_refuses, "the inbox says that it cannot answer")
            self.unavailable += 1
            self.items_meanwhile += await self._items_for(1.0)
        return fresh

    async def _until(self, holds: Callable[[], Awaitable[bool] | bool], what: str) -> None:
        patience = NO_LONGER_SECONDS if self.unsaid else SAYS_SECONDS
        deadline = time.monotonic() + patience
        while True:
            found = await asyncio.to_thread(holds)
            if found if isinstance(found, bool) else await found:
                return
            if time.monotonic() > deadline:
                self.unsaid.append(f"not in {patience:g} s: {what}")
                return
            await asyncio.sleep(0.05)

    def _start_again(self) -> None:
        """As a supervisor would: a stage that has waited for too long has left."""
        for service in ("admit", "route"):
            for worker in self._of(service):
                if not worker.is_running:
                    self.rig.start(service, worker.instance)

    def _of(self, service: str) -> list[Worker]:
        return [each for each in self.rig.workers.values() if each.service == service]

    async def _inbox_refuses(self) -> bool:
        async with self.rig.client(RECIPIENT) as client:
            return (await client.get("/v1/inbox?all=true")).status_code == 503

    async def _reads_items(self) -> bool:
        self.items_read = await self._items()
        return self.items_read > 0

    async def _items_for(self, seconds: float) -> int:
        """How many answers with items come in this time."""
        until_when, found = time.monotonic() + seconds, 0
        while time.monotonic() < until_when:
            found += await self._items() > 0
        return found

    async def _items(self) -> int:
        async with self.rig.client(RECIPIENT) as client:
            answer = await client.get("/v1/inbox?all=true")
        if answer.status_code != httpx.codes.OK:
            return 0
        return len(answer.json()["items"])


def _says(worker: Worker, reason: str) -> bool:
    """Whether it says so over HTTP and in its log, or has left because of it."""
    if not worker.is_running:
        return worker.exit_code() == LEAVES_WITH
    ready, said = worker.ready()
    return not ready and reason in said
