"""The publisher's own rules, on connections that fail in ways one can choose."""

import asyncio
from collections.abc import Iterator
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import pytest

from concordat_events.envelope import Event, read_event
from concordat_events.kafka_connection import ConnectionFailed
from concordat_events.lines.community_safety import CrimeRecorded
from concordat_events.publisher import Limits, Publisher, PublishFailed

QUICK = Limits(stuck_after=0.05, give_up_after=30, in_flight=100)


class TopicAuthorizationFailedError(Exception):
    """Named as Kafka's client names it."""


class NotLeaderForPartitionError(Exception):
    """Named as Kafka's client names it."""


class InMemoryConnection:
    """Stores up to `room` records in `log`; then acknowledges nothing, or fails with `error`."""

    def __init__(
        self, log: list[bytes], room: float = float("inf"), error: Exception | None = None
    ) -> None:
        self.log = log
        self.room = room
        self.error = error
        self.unanswered: list[asyncio.Future[Any]] = []
        self.asked = asyncio.Event()
        self.closed = False

    async def send(self, _key: bytes, value: bytes) -> asyncio.Future[Any]:
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.room > 0:
            self.room -= 1
            self.log.append(value)
            asyncio.get_running_loop().call_soon(answer.set_result, None)
        elif self.error is not None:
            asyncio.get_running_loop().call_soon(answer.set_exception, self.error)
        else:
            self.unanswered.append(answer)
            self.asked.set()
        return answer

    async def close(self) -> None:
        self.closed = True


class Kafka:
    """Hands out `connections` in turn; one that is an error fails to open."""

    def __init__(self, *connections: InMemoryConnection | ConnectionFailed) -> None:
        self.connections = list(connections)
        self.opened: list[InMemoryConnection] = []

    async def connect(self) -> InMemoryConnection:
        if not self.connections:
            raise ConnectionFailed("KafkaConnectionError")
        connection = self.connections.pop(0)
        if isinstance(connection, ConnectionFailed):
            raise connection
        self.opened.append(connection)
        return connection

    def publisher(self, limits: Limits = QUICK, **rest: Any) -> AbstractAsyncContextManager[Any]:
        return Publisher("", "police", limits=limits, connect=self.connect, **rest)


def crimes(count: int, source: str = "//police") -> Iterator[Event]:
    for number in range(count):
        yield Event(
            id=f"crime-{number:04d}",
            source=source,
            type="community-safety.crime-recorded.v1",
            time=datetime(2025, 12, 1, tzinfo=UTC),
            subject=f"case-{number % 7:04d}",
            data=CrimeRecorded(category="drugs", month="2025-12"),
        )


def ids(log: list[bytes]) -> list[str]:
    return [read_event(value).id for value in log]


IDS = [event.id for event in crimes(1000)]


async def test_everything_is_stored_once_and_in_order() -> None:
    log: list[bytes] = []
    async with Kafka(InMemoryConnection(log)).publisher() as publisher:
        assert await publisher.publish_all(crimes(1000)) == 1000
        assert ids(log) == IDS


async def test_publish_returns_only_when_the_event_is_stored() -> None:
    connection = InMemoryConnection([], room=0)
    patient = Limits(stuck_after=30)
    async with Kafka(connection).publisher(patient) as publisher:
        publishing = asyncio.create_task(publisher.publish(next(crimes(1))))
        await connection.asked.wait()
        assert not publishing.done()
        connection.unanswered[0].set_result(None)
        await publishing


async def test_no_more_than_the_stated_number_is_in_flight() -> None:
    connection = InMemoryConnection([], room=0)
    patient = Limits(stuck_after=30, in_flight=10)
    async with Kafka(connection).publisher(patient) as publisher:
        publishing = asyncio.create_task(publisher.publish_all(crimes(25)))
        for expected in (10, 20, 25):
            for _ in range(100):
                await asyncio.sleep(0)
            assert len(connection.unanswered) == expected
            for answer in connection.unanswered:
                if not answer.done():
                    answer.set_result(None)
        assert await publishing == 25


async def test_progress_is_told_at_each_acknowledgement() -> None:
    told: list[int] = []
    async with Kafka(InMemoryConnection([])).publisher(progress=told.append) as publisher:
        await publisher.publish_all(crimes(50))
        assert told == list(range(1, 51))


async def test_a_stuck_connection_is_replaced_and_what_it_owes_is_sent_again_in_order() -> None:
    log: list[bytes] = []
    stuck, fresh = InMemoryConnection(log, room=300), InMemoryConnection(log)
    async with Kafka(stuck, fresh).publisher() as publisher:
        assert await publisher.publish_all(crimes(1000)) == 1000
    assert stuck.closed
    assert ids(log) == IDS


async def test_a_failed_connection_is_replaced_at_once() -> None:
    log: list[bytes] = []
    failing = InMemoryConnection(log, room=300, error=NotLeaderForPartitionError())
    patient = Limits(stuck_after=30, in_flight=100)
    async with Kafka(failing, InMemoryConnection(log)).publisher(patient) as publisher:
        assert await publisher.publish_all(crimes(1000)) == 1000
    assert ids(log) == IDS


async def test_an_event_that_an_old_connection_stored_after_all_counts_once() -> None:
    stuck, fresh, told = InMemoryConnection([], room=0), InMemoryConnection([]), list[int]()
    async with Kafka(stuck, fresh).publisher(progress=told.append) as publisher:
        await publisher.publish(next(crimes(1)))
        stuck.unanswered[0].set_result(None)
        await publisher.flush()
    assert told == [1]
    assert len(fresh.log) == 1


async def test_an_old_connections_failure_does_not_disturb_the_new_one() -> None:
    stuck, fresh = InMemoryConnection([], room=0), InMemoryConnection([])
    kafka = Kafka(stuck, fresh)
    async with kafka.publisher() as publisher:
        await publisher.publish(next(crimes(1)))
        stuck.unanswered[0].set_exception(NotLeaderForPartitionError())
        await publisher.publish_all(crimes(10))
    assert kafka.opened == [stuck, fresh]


async def test_reconnecting_goes_on_until_it_succeeds() -> None:
    stuck, fresh = InMemoryConnection([], room=0), InMemoryConnection([])
    refused = ConnectionFailed("KafkaConnectionError")
    async with Kafka(stuck, refused, refused, fresh).publisher() as publisher:
        await publisher.publish_all(crimes(10))
    assert ids(fresh.log) == IDS[:10]


async def test_a_refusal_that_no_connection_cures_fails_at_once_and_says_so() -> None:
    refusing = InMemoryConnection([], room=0, error=TopicAuthorizationFailedError())
    kafka = Kafka(refusing, InMemoryConnection([]))
    with pytest.raises(PublishFailed, match="refuses the events: TopicAuthorizationFailedError"):
        async with kafka.publisher() as publisher:
            await publisher.publish(next(crimes(1)))
    assert len(kafka.opened) == 1


async def test_publishing_gives_up_in_the_end_and_tells_all_who_wait() -> None:
    limits = Limits(stuck_after=0.05, give_up_after=0.1, in_flight=5)

    async def publish(publisher: Publisher) -> None:
        waiting = (
            publisher.publish(next(crimes(1))),
            publisher.publish_all(crimes(50)),
            publisher.flush(),
        )
        outcomes = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(outcome) for outcome in outcomes] == [PublishFailed] * 3
        await publisher.publish(next(crimes(1)))

    with pytest.raises(PublishFailed, match="KafkaConnectionError"):
        async with Kafka(InMemoryConnection([], room=0)).publisher(limits) as publisher:
            await publish(publisher)


async def test_a_publisher_that_cannot_connect_does_not_open() -> None:
    with pytest.raises(PublishFailed, match="no connection to Kafka: KafkaConnectionError"):
        async with Kafka().publisher():
            pass


async def test_a_publisher_that_is_not_open_takes_nothing() -> None:
    publisher = Publisher("", "police")
    with pytest.raises(PublishFailed, match="not open"):
        await publisher.publish(next(crimes(1)))
    async with Kafka(InMemoryConnection([])).publisher() as publisher:
        pass
    with pytest.raises(PublishFailed, match="closed"):
        await publisher.publish(next(crimes(1)))


async def test_another_agencys_event_is_refused_before_it_is_sent() -> None:
    connection = InMemoryConnection([])
    async with Kafka(connection).publisher() as publisher:
        with pytest.raises(PublishFailed, match="not this publisher's agency"):
            await publisher.publish(next(crimes(1, "//health")))
    assert connection.log == []


async def test_an_event_that_is_too_large_is_refused_before_it_is_sent() -> None:
    connection = InMemoryConnection([])
    (event,) = crimes(1)
    large = event.model_copy(
        update={"data": CrimeRecorded.model_construct(category="x" * 140_000, month="2025-12")}
    )
    async with Kafka(connection).publisher() as publisher:
        with pytest.raises(PublishFailed, match="larger than 131072 bytes"):
            await publisher.publish(large)
    assert connection.log == []


async def test_leaving_without_an_error_waits_for_everything_and_closes() -> None:
    connection = InMemoryConnection([])
    async with Kafka(connection).publisher() as publisher:
        for event in crimes(10):
            await publisher.submit(event)
    assert len(connection.log) == 10
    assert connection.closed


@pytest.mark.parametrize("events", [0, 1])
async def test_leaving_by_an_error_does_not_wait(events: int) -> None:
    connection = InMemoryConnection([], room=0)

    async def fail(publisher: Publisher) -> None:
        for event in crimes(events):
            await publisher.submit(event)
            await connection.asked.wait()
        raise LookupError

    with pytest.raises(LookupError):
        async with Kafka(connection).publisher(Limits(stuck_after=30)) as publisher:
            await fail(publisher)
    assert connection.closed


async def test_only_what_is_not_acknowledged_is_sent_again() -> None:
    stuck, fresh = InMemoryConnection([], room=0), InMemoryConnection([])
    async with Kafka(stuck, fresh).publisher() as publisher:
        for event in crimes(3):
            await publisher.submit(event)
        await stuck.asked.wait()
        stuck.unanswered[1].set_result(None)
        await publisher.flush()
    assert ids(fresh.log) == [IDS[0], IDS[2]]
