"""One producer, started when it is first needed, kept, and replaced when it is given up."""

import asyncio
from contextlib import suppress

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from concordat.kafka.patience import PATIENCE_MS

CLOSED_WITHIN_SECONDS = 2.0


class KeptProducer:
    """Idempotent, acknowledged by all replicas in sync.

    The caller gives up one that fails or stops acknowledging: some never work again after a paused
    broker.
    """

    def __init__(self, bootstrap: str) -> None:
        self._bootstrap = bootstrap
        self._producer: AIOKafkaProducer | None = None
        self._starting = asyncio.Lock()

    async def ready(self) -> AIOKafkaProducer:
        """Return it, connected; raises `KafkaError` and `OSError` when no broker answers."""
        async with self._starting:
            if self._producer is None:
                producer = AIOKafkaProducer(
                    bootstrap_servers=self._bootstrap,
                    enable_idempotence=True,
                    acks="all",
                    request_timeout_ms=PATIENCE_MS,
                )
                try:
                    await producer.start()
                except BaseException:
                    await _stop(producer)
                    raise
                self._producer = producer
            return self._producer

    async def give_up(self, producer: AIOKafkaProducer) -> None:
        """Stop it, unless another has taken its place; the next `ready` starts another."""
        if producer is self._producer:
            await self.close()

    async def close(self) -> None:
        """Stop it, if there is one; idempotent."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _stop(producer)


async def _stop(producer: AIOKafkaProducer) -> None:
    with suppress(KafkaError, OSError, TimeoutError):
        async with asyncio.timeout(CLOSED_WITHIN_SECONDS):
            await producer.stop()
