"""A replay goes on when nothing waits, is held up while something does, and never for ever."""

import time
from collections.abc import Awaitable, Callable

from confluent_kafka import KafkaError, KafkaException

from concordat.stack.live_records import Waiting
from concordat.stack.replay_throttle import Throttle


def answering(
    *answers: float | KafkaException | TimeoutError,
) -> tuple[Callable[[], Awaitable[Waiting]], list[int]]:
    """An `oldest` that gives these ages in turn, the last one for ever; one entry per question."""
    asked: list[int] = []

    async def oldest() -> Waiting:
        answer = answers[min(len(asked), len(answers) - 1)]
        asked.append(1)
        if isinstance(answer, Exception):
            raise answer
        return Waiting("routed", answer)

    return oldest, asked


async def test_it_goes_on_at_once_when_nothing_waits_long() -> None:
    oldest, asked = answering(0.1)
    await Throttle(oldest).give_way()
    assert len(asked) == 1


async def test_it_is_held_up_while_live_records_wait_or_the_broker_is_silent() -> None:
    silent = KafkaException(KafkaError(KafkaError._TRANSPORT))
    oldest, asked = answering(5.0, silent, TimeoutError(), 0.0)
    began = time.monotonic()
    await Throttle(oldest).give_way()
    assert len(asked) == 4
    assert time.monotonic() - began > 0.1


async def test_it_goes_on_slowly_where_live_records_wait_for_ever() -> None:
    oldest, asked = answering(9.0)
    began = time.monotonic()
    await Throttle(oldest, slowest_seconds=0.2).give_way()
    assert len(asked) > 1
    assert time.monotonic() - began >= 0.2
