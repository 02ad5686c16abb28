"""Publishers as agencies have them: each event counts as acknowledged once its agency was told."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from concordat_events.envelope import Event, read_event
from concordat_events.publisher import Publisher, PublishFailed
from exchange_on_kafka import PUBLISHERS, event
from faults.load import CASES, Identity
from faults.rig import Rig

MOST_AT_ONCE = 400
_TURN_SECONDS = 0.1


@dataclass
class AgencyLoad:
    """Three agencies that publish numbered crimes, each through its own `Publisher`, at a rate.

    A batch is published once the one before is acknowledged, so that the first `acknowledged` of
    an agency's numbers are the ones it was told of. What a stall held up is caught up.
    """

    rig: Rig
    per_second: float
    cases: int = CASES
    taken: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    acknowledged: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    answers: list[float] = field(default_factory=list)
    """When a batch was acknowledged, by the event loop's clock."""
    given_up: int = 0
    """How often a publisher said that it could not publish."""

    def __post_init__(self) -> None:
        self._templates = {agency: read_event(event(0, agency)) for agency in PUBLISHERS}

    @property
    def told(self) -> int:
        """How many events the agencies know to be stored."""
        return sum(self.acknowledged.values())

    @property
    def in_flight(self) -> int:
        """How many events are published and not yet acknowledged."""
        return sum(self.taken.values()) - self.told

    async def until_in_flight(self) -> None:
        """Return while something is published and not acknowledged."""
        while not self.in_flight:  # noqa: ASYNC110 - the publishers' progress
            await asyncio.sleep(0.001)

    def identities(self) -> Iterator[Identity]:
        """(source, id) of everything acknowledged."""
        return self._identities(self.acknowledged)

    def every_identity(self) -> Iterator[Identity]:
        """(source, id) of everything published, whether acknowledged or not."""
        return self._identities(self.taken)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["AgencyLoad"]:
        """Publish inside the block; what is in flight on leaving is waited for."""
        stop = asyncio.Event()
        # Every attempt to connect to a broker that is down would be a line.
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        async with asyncio.TaskGroup() as group:
            for publisher in PUBLISHERS:
                group.create_task(self._publish(publisher, stop))
            try:
                yield self
            finally:
                stop.set()

    async def _publish(self, agency: str, stop: asyncio.Event) -> None:
        topic = self.rig.exchange.topics.outbox(agency)
        began = asyncio.get_running_loop().time()
        while not stop.is_set():
            try:
                async with Publisher(self.rig.exchange.kafka, agency, topic) as publisher:
                    while not stop.is_set():
                        await self._publish_due(publisher, agency, began)
            except PublishFailed:
                # An agency then publishes again what it was not told of.
                self.given_up += 1
                await asyncio.sleep(_TURN_SECONDS)

    async def _publish_due(self, publisher: Publisher, agency: str, began: float) -> None:
        clock = asyncio.get_running_loop().time
        first = self.acknowledged[agency]
        due = int((clock() - began) * self.per_second / len(PUBLISHERS)) - first
        end = max(first + min(due, MOST_AT_ONCE), self.taken[agency])
        if end > first:
            self.taken[agency] = end
            template = self._templates[agency]
            await publisher.publish_all(self._numbered(template, n) for n in range(first, end))
            self.acknowledged[agency] = end
            self.answers.append(clock())
        await asyncio.sleep(0 if due > MOST_AT_ONCE else _TURN_SECONDS)

    def _numbered(self, template: Event, number: int) -> Event:
        name = template.id.rpartition("-")[0]
        changes = {"id": f"{name}-{number:08d}", "subject": f"case-{number % self.cases:08d}"}
        return template.model_copy(update=changes)

    @staticmethod
    def _identities(counts: dict[str, int]) -> Iterator[Identity]:
        for agency, count in counts.items():
            yield from ((f"//{agency}", f"{agency}-{number:08d}") for number in range(count))
