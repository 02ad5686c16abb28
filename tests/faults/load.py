"""Load on a rig: numbered crimes of each publisher, and what the broker acknowledged of them."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from confluent_kafka import KafkaError, Message

from concordat.streams.clients import common_settings, stage_producer
from concordat_events.envelope import CONTENT_TYPE
from exchange_on_kafka import PUBLISHERS, event
from faults.rig import Rig

RECIPIENTS_EACH = 2
CASES = 500
Identity = tuple[str, str]


@dataclass
class Load:
    """Publishes numbered events through one producer; `published` counts them by publisher.

    A crime of one publisher is shared with the two others. Cases belong to all three publishers:
    the order of a case is the order of admission.
    """

    rig: Rig
    cases: int = CASES
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
            await asyncio.shield(self.publish(max(per_second // 10, 1)))
            spent = asyncio.get_running_loop().time() - began
            await asyncio.sleep(max(0.0, 0.1 - spent))

    def _publish(self, count: int) -> None:
        for _ in range(count):
            publisher = PUBLISHERS[self.total % len(PUBLISHERS)]
            number = self.published[publisher]
            self._send(publisher, number)
            self.published[publisher] += 1
        assert self._producer.flush(120) == 0, "the broker does not answer"

    def _send(self, publisher: str, number: int) -> None:
        identity = (f"//{publisher}", f"{publisher}-{number:08d}")

        def answered(error: KafkaError | None, _message: Message) -> None:
            if error is None:
                self.acknowledged.add(identity)
            else:
                self.refused.append(error)

        value = event(number, publisher, self.cases)
        self._producer.produce(
            self.rig.exchange.topics.outbox(publisher),
            value,
            f"case-{number % self.cases:08d}".encode(),
            headers={"content-type": CONTENT_TYPE},
            on_delivery=answered,
        )
        self._producer.poll(0)
