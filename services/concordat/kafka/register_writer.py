"""Writing single records to the register at once: one producer, kept, replaced when it fails."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

from aiokafka.errors import KafkaError

from concordat.kafka.kept_producer import KeptProducer
from concordat.kafka.register_log import HEADERS, RegisterRecord
from concordat.kafka.topics import Topics
from concordat.runtime.logs import get_logger

ACKNOWLEDGED_WITHIN_SECONDS = 10.0

log = get_logger(__name__)


class RegisterNotWritten(Exception):
    """The record may be on the register or not; writing it again is harmless."""


class RegisterWriter:
    """Appends to the register; a key that it has written it does not write again.

    Connects with the first record. It judges nothing: ask `Register.why_refused` first.
    """

    def __init__(self, bootstrap: str, topics: Topics) -> None:
        self._topic, self._kept = topics.register, KeptProducer(bootstrap)
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
        await self._kept.close()

    async def _append(self, record: RegisterRecord) -> datetime:
        producer = await self._kept.ready()
        try:
            written = await producer.send_and_wait(
                self._topic, record.value, key=record.key.encode(), headers=HEADERS
            )
        except BaseException:
            await self._kept.give_up(producer)
            raise
        return datetime.fromtimestamp(written.timestamp / 1000, UTC)


@asynccontextmanager
async def open_register_writer(bootstrap: str, topics: Topics) -> AsyncIterator[RegisterWriter]:
    """Yield a writer to the register on the broker at `bootstrap`."""
    writer = RegisterWriter(bootstrap, topics)
    try:
        yield writer
    finally:
        await writer.close()
