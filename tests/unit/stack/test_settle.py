"""The demonstration waits for what is on its way, also through a broker's silence."""

import asyncio
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import KafkaError, KafkaException

from concordat.stack import demonstration
from concordat.stack.demonstration import NotDelivered, settle

SILENT = KafkaException(KafkaError(KafkaError._TIMED_OUT))
REFUSED = KafkaException(KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))


def answering(patch: pytest.MonkeyPatch, *answers: int | KafkaException) -> Any:
    """An exchange whose lag is `answers`, one after the other; the last one for good."""

    def each() -> Iterator[int | KafkaException]:
        yield from answers
        while True:
            yield answers[-1]

    coming = each()

    async def measure(*_: object) -> SimpleNamespace:
        answer = next(coming)
        if isinstance(answer, KafkaException):
            raise answer
        return SimpleNamespace(behind=answer)

    patch.setattr(demonstration, "measure_lag", measure)
    stack = SimpleNamespace(kafka="nowhere")
    return SimpleNamespace(stack=stack, auditor_dsn="", ended=asyncio.Future[None]())


async def test_a_silent_broker_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    await settle(answering(monkeypatch, 7, SILENT, 3, 0))


async def test_patience_ends_with_what_was_last_known(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotDelivered, match="3 records still on their way"):
        await settle(answering(monkeypatch, SILENT, 3), patience=0.3)
    with pytest.raises(NotDelivered, match="Kafka does not say"):
        await settle(answering(monkeypatch, 3, SILENT), patience=0.3)


async def test_a_refusal_is_no_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(KafkaException):
        await settle(answering(monkeypatch, REFUSED))
