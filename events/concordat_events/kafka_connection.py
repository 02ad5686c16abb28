"""A connection through which a publisher writes to one Kafka topic. Needs the extra `kafka`."""

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from concordat_events.envelope import CONTENT_TYPE

if TYPE_CHECKING:
    from aiokafka import AIOKafkaProducer

_HEADERS = [("content-type", CONTENT_TYPE.encode())]
_LINGER_MS = 5
_BATCH_BYTES = 256 * 1024
_PATIENCE_MS = 5000
"""For one answer: a broker that stands still is left for the next one. What has had no leader for
so long fails too: the publisher then connects anew and sends it again."""
_CANCEL_SECONDS = 0.3
_CLOSE_SECONDS = 2.0


class Connection(Protocol):
    """A producer for one topic that writes in order, and from an error on nothing more."""

    async def send(self, key: bytes, value: bytes) -> "asyncio.Future[Any]":
        """Hand over one record; the future is done when Kafka has stored it."""

    async def close(self) -> None:
        """Close without waiting: what is not acknowledged may or may not be stored."""


class ConnectionFailed(Exception):
    """The connection is of no more use; `reason` names the kind of error."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


async def connect_to_kafka(bootstrap: str, topic: str) -> Connection:
    """Open an idempotent producer (acks=all, murmur2 over the key, uncompressed) to `topic`."""
    from aiokafka import AIOKafkaProducer  # noqa: PLC0415 - the extra `kafka`
    from aiokafka.errors import KafkaError  # noqa: PLC0415

    connection = _KafkaConnection(
        AIOKafkaProducer(
            bootstrap_servers=bootstrap,
            enable_idempotence=True,
            acks="all",
            compression_type=None,  # as the outbox's topic stores it: a small batch stays small
            linger_ms=_LINGER_MS,
            max_batch_size=_BATCH_BYTES,
            request_timeout_ms=_PATIENCE_MS,
        ),
        topic,
        KafkaError,
    )
    await connection.open()
    return connection


class _KafkaConnection:
    def __init__(
        self, producer: "AIOKafkaProducer", topic: str, kafka_error: type[Exception]
    ) -> None:
        self._producer = producer
        self._topic = topic
        self._kafka_error = kafka_error

    async def open(self) -> None:
        opened = False
        try:
            await self._producer.start()
            opened = True
        except self._kafka_error as error:
            raise ConnectionFailed(type(error).__name__) from error
        finally:
            if not opened:
                await self.close()

    async def send(self, key: bytes, value: bytes) -> "asyncio.Future[Any]":
        try:
            answer: asyncio.Future[Any] = await self._producer.send(
                self._topic, value, key=key, headers=_HEADERS
            )
        except self._kafka_error as error:
            raise ConnectionFailed(type(error).__name__) from error
        return answer

    async def close(self) -> None:
        """Close the sockets first, so that nothing waits for an answer that does not come."""
        producer = self._producer
        await producer.client.close()
        # aiokafka's stop() waits for every acknowledgement; a stuck producer has none to give.
        sender = producer._sender.sender_task  # noqa: SLF001
        while sender is not None and not sender.done():
            # The first cancels the sender, the next one the request that the sender waits for.
            sender.cancel()
            await asyncio.wait([sender], timeout=_CANCEL_SECONDS)
        producer._message_accumulator._batches.clear()  # noqa: SLF001
        with suppress(TimeoutError):
            await asyncio.wait_for(producer.stop(), _CLOSE_SECONDS)
