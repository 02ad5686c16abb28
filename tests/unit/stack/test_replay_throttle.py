"""A replay goes on when nothing waits, and gives up rather than wait for ever."""

import time
from collections.abc import Awaitable, Callable

import pytest
from confluent_kafka import KafkaError, KafkaException

from concordat.stack.live_records import Waiting
from concordat.stack.replay_throttle import LiveRecordsWait, Throttle


def answering(
    *answers: float | KafkaException,
) -> tuple[Callable[[], Awaitable[Waiting]], list[int]]:
    """An `oldest` that gives these ages in turn, the last one for ever; one entry per question."""
    asked: list[int] = []

    async def oldest() -> Waiting:
        answer = answers[min(len(asked), len(answers) - 1)]
        asked.append(1)
        if isinstance(answer, KafkaException):
            raise answer
        return Waiting("routed", answer)

    return oldest, asked


async def test_it_goes_on_at_once_when_nothing_waits_long() -> None:
    oldest, asked = answering(0.1)
    await Throttle(oldest).give_way()
    assert len(asked) == 1


async def test_it_stands_still_while_live_records_wait_or_the_broker_is_silent() -> None:
    oldest, asked = answering(5.0, KafkaException(KafkaError(KafkaError._TRANSPORT)), 0.2, 0.0)
    began = time.monotonic()
    await Throttle(oldest).give_way()
    assert len(asked) == 4
    assert time.monotonic() - began > 0.1


async def test_it_gives_up_and_names_what_waits() -> None:
    oldest, asked = answering(9.0)
    with pytest.raises(LiveRecordsWait, match=r"records in routed have waited for 0\.2 s"):
        await Throttle(oldest, patience_seconds=0.2).give_way()
    assert len(asked) > 1
