"""Ways to lose or hold up what a broker's failure interrupts, each planted to be found."""

import asyncio
from typing import Any

import aiokafka
import pytest
from confluent_kafka import KafkaError, Message, Producer

from concordat.stack import kafka_properties
from concordat.streams.loop import StageLoop
from concordat_events.kafka_connection import _KafkaConnection
from faults.broker import three_brokers


def acknowledge_at_once(patch: pytest.MonkeyPatch) -> None:
    """The publisher takes a record that it has handed over for one that is stored.

    Its producer gives up after half a second; an idempotent one would send for ever.
    """
    send, producer = _KafkaConnection.send, aiokafka.AIOKafkaProducer

    async def hand_over(connection: Any, key: bytes, value: bytes) -> "asyncio.Future[Any]":
        answer = await send(connection, key, value)
        answer.add_done_callback(lambda done: done.cancelled() or done.exception())
        at_once: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        at_once.set_result(None)
        return at_once

    def impatient(**settings: Any) -> aiokafka.AIOKafkaProducer:
        return producer(**{**settings, "enable_idempotence": False, "request_timeout_ms": 500})

    patch.setattr(_KafkaConnection, "send", hand_over)
    patch.setattr(aiokafka, "AIOKafkaProducer", impatient)


def give_up_soon(patch: pytest.MonkeyPatch) -> None:
    """A stage's producer gives up after half a second, and the loop does not look."""

    def impatient(common: dict[str, object]) -> Producer:
        settings = {**common, "acks": "all", "linger.ms": 2, "message.timeout.ms": 500}
        return Producer({**settings, "partitioner": "murmur2_random", "compression.type": "lz4"})

    def overlook(loop: StageLoop, error: KafkaError | None, message: Message) -> None:
        pass

    patch.setattr("concordat.streams.service.stage_producer", impatient)
    patch.setattr(StageLoop, "_delivered", overlook)


def one_copy(patch: pytest.MonkeyPatch) -> None:
    """Three brokers, and every record on one of them."""
    patch.setattr(three_brokers, "COPIES", 1)


def slow_to_notice(patch: pytest.MonkeyPatch) -> None:
    """A broker that is gone is taken for one that is there for 20 s."""
    patch.setitem(kafka_properties._RECOVERY, "broker.session.timeout.ms", "20000")


BUGS = {
    "acknowledge-at-once": acknowledge_at_once,
    "give-up-soon": give_up_soon,
    "one-copy": one_copy,
    "slow-to-notice": slow_to_notice,
}
