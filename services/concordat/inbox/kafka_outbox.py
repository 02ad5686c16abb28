"""Outboxes on Kafka: one idempotent producer for all agencies, replaced when it fails."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from concordat.inbox.dependencies import OutboxUnavailable
from concordat.kafka.kept_producer import KeptProducer
from concordat.kafka.topics import Topics
from concordat.runtime.logs import get_logger
from concordat_events.envelope import CONTENT_TYPE, Event, write_event

ACKNOWLEDGED_WITHIN_SECONDS = 10.0

log = get_logger(__name__)


class KafkaOutbox:
    """Publishes to `outbox.<agency>`; the key is the case, so that a case keeps its order.

    Connects with the first event.
    """

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self._topics = topics
        self._kept = KeptProducer(bootstrap)

    async def publish(self, agency: str, events: Sequence[Event]) -> None:
        """Return when the broker has acknowledged all; else raises `OutboxUnavailable`."""
        producer: AIOKafkaProducer | None = None
        try:
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN_SECONDS):
                producer = await self._kept.ready()
                await self._send(producer, agency, events)
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("outbox-not-written", agency=agency, error=type(error).__name__)
            if producer is not None:
                await self._kept.give_up(producer)
            raise OutboxUnavailable from None

    async def close(self) -> None:
        """Give the producer up; the next event starts another."""
        await self._kept.close()

    async def _send(self, producer: AIOKafkaProducer, agency: str, events: Sequence[Event]) -> None:
        headers = [("content-type", CONTENT_TYPE.encode())]
        acknowledgements = [
            await producer.send(
                self._topics.outbox(agency),
                write_event(event),
                key=event.subject.encode(),
                headers=headers,
            )
            for event in events
        ]
        await asyncio.gather(*acknowledgements)


@asynccontextmanager
async def open_outbox(bootstrap: str, topics: Topics) -> AsyncIterator[KafkaOutbox]:
    """Yield outboxes on the broker at `bootstrap`."""
    outbox = KafkaOutbox(bootstrap, topics)
    try:
        yield outbox
    finally:
        await outbox.close()
