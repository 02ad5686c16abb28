"""Load on a rig: numbered crimes of each publisher, and what the broker acknowledged of them."""

import asyncio
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from confluent_kafka import KafkaError, Message

from concordat.streams.clients import common_settings, stage_producer
from concordat_events.envelope import CONTENT_TYPE
from exchange_on_kafka import PUBLISHERS, event
from faults.rig import Rig

RECIPIENTS_EACH = 2
CASES = 500
Identity = tuple[str, str]
_PORTION = 1000
_LOOK_SECONDS = 0.1
_MULTIPLE = 4


def numbered_crime(number: int, publisher: str, cases: int) -> bytes:
    """`event(number, publisher, cases)`, from a template: a million of them cost seconds."""
    return _template(publisher) % (number, number % cases)


@lru_cache
def _template(publisher: str) -> bytes:
    whole = event(0, publisher).replace(b"%", b"%%")
    numbered = whole.replace(b"%s-00000000" % publisher.encode(), b"%s-%%08d" % publisher.encode())
    return numbered.replace(b"case-00000000", b"case-%08d")


@lru_cache
def other_publishers(publisher: str) -> frozenset[str]:
    """Those who get the crimes of this one."""
    return frozenset(PUBLISHERS) - {publisher}


@dataclass
class Load:
    """Publishes numbered events through one producer; `published` counts them by publisher.

    A crime of one publisher is shared with the two others. Cases belong to all three publishers:
    the order of a case is the order of admission. `write` makes an event of its number, its
    publisher and the number of cases; it goes under the case that `numbered_crime` would give it.
    """

    rig: Rig
    cases: int = CASES
    write: Callable[[int, str, int], bytes] = numbered_crime
    published: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    acknowledged: set[Identity] = field(default_factory=set)
    refused: list[KafkaError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._producer = stage_producer(common_settings(self.rig.exchange.kafka, "load"))

    @property
    def total(self) -> int:
        """How many were published."""
        return sum(self.published.values())

    def identities(self) -> Iterator[Identity]:
        """(source, id) of everything published."""
        for publisher, count in self.published.items():
            yield from ((f"//{publisher}", f"{publisher}-{n:08d}") for n in range(count))

    async def publish(self, count: int) -> None:
        """Publish so many events, spread over the publishers, and wait for the broker."""
        await asyncio.to_thread(self._publish, count)

    async def run(self, per_second: int) -> None:
        """Publish at this rate until cancelled, an acknowledged batch every 0.1 s."""
        while True:
            began = asyncio.get_running_loop().time()
            await self._publish_to_the_end(max(per_second // 10, 1))
            spent = asyncio.get_running_loop().time() - began
            await asyncio.sleep(max(0.0, 0.1 - spent))

    async def feed(self, behind: int) -> None:
        """Publish until cancelled, so that about so many events are always `behind` in admit.

        Route and deliver may be a multiple of it behind; then the load waits for them.
        """
        while True:
            if await self._has_room(behind):
                await self._publish_to_the_end(_PORTION)
            else:
                await asyncio.sleep(_LOOK_SECONDS)

    async def _has_room(self, behind: int) -> bool:
        for stage, most in (("admit", behind), ("route", _MULTIPLE * behind)):
            if await asyncio.to_thread(self.rig.exchange.behind, stage) >= most:
                return False
        return await self.rig.undelivered() < 2 * _MULTIPLE * behind

    async def _publish_to_the_end(self, count: int) -> None:
        """Publish; who is cancelled meanwhile still waits for what has begun."""
        publishing = asyncio.ensure_future(self.publish(count))
        try:
            await asyncio.shield(publishing)
        except asyncio.CancelledError:
            await publishing
            raise

    def _publish(self, count: int) -> None:
        topics = {publisher: self.rig.exchange.topics.outbox(publisher) for publisher in PUBLISHERS}
        for turn in range(self.total, self.total + count):
            publisher = PUBLISHERS[turn % len(PUBLISHERS)]
            number = self.published[publisher]
            self._send(topics[publisher], publisher, number)
            self.published[publisher] += 1
        assert self._producer.flush(120) == 0, "the broker does not answer"

    def _send(self, topic: str, publisher: str, number: int) -> None:
        identity = (f"//{publisher}", f"{publisher}-{number:08d}")

        def answered(error: KafkaError | None, _message: Message) -> None:
            if error is None:
                self.acknowledged.add(identity)
            else:
                self.refused.append(error)

        self._producer.produce(
            topic,
            self.write(number, publisher, self.cases),
            f"case-{number % self.cases:08d}".encode(),
            headers={"content-type": CONTENT_TYPE},
            on_delivery=answered,
        )
        self._producer.poll(0)
