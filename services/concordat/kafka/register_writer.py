"""Writing single records to the register at once: one producer, kept, replaced when it fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from concordat.kafka.register_log import HEADERS, RegisterRecord
from concordat.kafka.topics import Topics
from concordat.runtime.logs import get_logger

ACKNOWLEDGED_WITHIN_SECONDS = 10.0
CLOSED_WITHIN_SECONDS = 2.0

log = get_logger(__name__)


class RegisterNotWritten(Exception):
    """The record may be on the register or not; writing it again is harmless."""


class RegisterWriter:
    """Appends to the register; a key that it has written it does not write again.

    Connects with the first record. It judges nothing: ask `Register.why_refused` first.
    """

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self._bootstrap, self._topic = bootstrap, topics.register
        self._producer: AIOKafkaProducer | None = None
        self._turn = asyncio.Lock()
        self._written: dict[str, datetime] = {}

    async def write(self, record: RegisterRecord) -> datetime:
        """Return when the broker recorded it, once that is durable; raises `RegisterNotWritten`."""
        try:
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN_SECONDS), self._turn:
                if record.key not in self._written:
                    self._written[record.key] = await self._append(record)
                return self._written[record.key]
        except (KafkaError, OSError, TimeoutError) as error:
            log.warning("register-not-written", error=type(error).__name__)
            raise RegisterNotWritten from None

    async def close(self) -> None:
        """Give the producer up; the next record starts another."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop(producer)

    async def _append(self, record: RegisterRecord) -> datetime:
        try:
            producer = await self._ready_producer()
            written = await producer.send_and_wait(
                self._topic, record.value, key=record.key.encode(), headers=HEADERS
            )
        except BaseException:
            # Some producers never recover from a paused broker.
            await self.close()
            raise
        return datetime.fromtimestamp(written.timestamp / 1000, UTC)

    async def _ready_producer(self) -> AIOKafkaProducer:
        if self._producer is None:
            producer = AIOKafkaProducer(
                bootstrap_servers=self._bootstrap,
                enable_idempotence=True,
                acks="all",
                request_timeout_ms=5000,
            )
            try:
                await producer.start()
            except BaseException:
                await _stop(producer)
                raise
            self._producer = producer
        return self._producer


async def _stop(producer: AIOKafkaProducer) -> None:
    with suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(CLOSED_WITHIN_SECONDS):
            await producer.stop()


@asynccontextmanager
async def open_register_writer(bootstrap: str, topics: Topics) -> AsyncIterator[RegisterWriter]:
    """Yield a writer to the register on the broker at `bootstrap`."""
    writer = RegisterWriter(bootstrap, topics)
    try:
        yield writer
    finally:
        await writer.close()
