"""Publishes an agency's events to its outbox in Kafka. Needs the extra `kafka`.

    async with Publisher("broker:9092", "west-mercia-police") as publisher:
        await publisher.publish(event)

At least once, in order per case: an event published twice is the same event, known by its id.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self

from concordat_events.backlog import Backlog, PublishFailed, Record
from concordat_events.envelope import MAX_BYTES, Event, write_event
from concordat_events.kafka_connection import Connection, ConnectionFailed, connect_to_kafka

__all__ = ["Limits", "PublishFailed", "Publisher"]

# Errors that a new connection does not cure; after any other one everything is sent again.
_FINAL = frozenset(
    {
        "ClusterAuthorizationFailedError",
        "InvalidTopicError",
        "MessageSizeTooLargeError",
        "PolicyViolationError",
        "RecordListTooLargeError",
        "SaslAuthenticationFailed",
        "TopicAuthorizationFailedError",
        "UnsupportedVersionError",
    }
)
_RECORDS_A_TURN = 250
_PAUSE_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Limits:
    """How long to wait for Kafka, in seconds, and how many events may be unacknowledged.

    When a record is unacknowledged for `stuck_after` the connection is made anew and everything
    unacknowledged is sent again, in order; after `give_up_after` publishing fails.
    """

    stuck_after: float = 10.0
    give_up_after: float = 120.0
    in_flight: int = 4000


class Publisher:
    """One agency's way into the exchange; open it with `async with`, in one event loop.

    `progress`, where given, is told the number of events acknowledged so far at each
    acknowledgement. Leaving the block without an error waits for every acknowledgement. `connect`
    opens another connection than aiokafka's to `bootstrap` and `topic` (`outbox.<agency>`).
    """

    def __init__(
        self,
        bootstrap: str,
        agency: str,
        topic: str | None = None,
        progress: Callable[[int], None] | None = None,
        *,
        limits: Limits | None = None,
        connect: Callable[[], Awaitable[Connection]] | None = None,
    ) -> None:
        self._source = f"//{agency}"
        self._progress = progress
        self._limits = limits or Limits()
        self._connect = connect or partial(connect_to_kafka, bootstrap, topic or f"outbox.{agency}")
        self._backlog = Backlog(self._limits.in_flight)
        self._work = asyncio.Event()
        self._connection: Connection | None = None
        self._broken: ConnectionFailed | None = None
        self._sending: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        try:
            self._connection = await self._open()
        except ConnectionFailed as failed:
            raise PublishFailed(f"no connection to Kafka: {failed.reason}") from failed
        self._sending = asyncio.create_task(self._keep_sending(self._connection))
        self._sending.add_done_callback(self._ended)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                await self.flush()
        finally:
            if self._sending is not None:
                self._sending.cancel()
                await asyncio.wait([self._sending])
            if self._connection is not None:  # left before it was used, or while it was closing
                await self._connection.close()

    async def publish(self, event: Event) -> None:
        """Return when Kafka has stored `event`; raise `PublishFailed` when it will not be."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        await self._take(event, waiter)
        await waiter

    async def publish_all(self, events: Iterable[Event]) -> int:
        """Publish `events` in order, many at a time; return their number when all are stored."""
        count = 0
        for event in events:
            await self.submit(event)
            count += 1
        await self.flush()
        return count

    async def submit(self, event: Event) -> None:
        """Take `event` for sending, in order; wait only for room. See `flush`."""
        await self._take(event, None)

    async def flush(self) -> None:
        """Return when every event taken is stored; raise `PublishFailed` when one will not be."""
        await self._backlog.empty()

    async def _take(self, event: Event, waiter: "asyncio.Future[None] | None") -> None:
        if self._sending is None:
            raise PublishFailed("the publisher is not open")
        if event.source != self._source:
            raise PublishFailed("the event's source is not this publisher's agency")
        value = write_event(event)
        if len(value) > MAX_BYTES:
            raise PublishFailed(f"the event is larger than {MAX_BYTES} bytes")
        await self._backlog.room()
        self._backlog.add(Record(event.subject.encode(), value, _seconds(), waiter=waiter))
        self._work.set()
        if self._backlog.count % _RECORDS_A_TURN == 0:
            await asyncio.sleep(0)  # a long list of events lets acknowledgements in

    def _ended(self, sending: "asyncio.Task[None]") -> None:
        error = None if sending.cancelled() else sending.exception()
        if not isinstance(error, PublishFailed):
            unforeseen, error = error, PublishFailed(type(error).__name__ if error else "closed")
            error.__cause__ = unforeseen
        self._backlog.fail(error)

    async def _keep_sending(self, connection: Connection | None) -> None:
        while True:
            try:
                connection = connection or await self._open()
                await self._send_through(connection)
            except ConnectionFailed as failed:
                self._give_up_or_go_on(failed)
            connection = None
            await asyncio.sleep(_PAUSE_SECONDS)

    def _give_up_or_go_on(self, failed: ConnectionFailed) -> None:
        if failed.reason in _FINAL:
            raise PublishFailed(f"Kafka refuses the events: {failed.reason}") from failed
        oldest = self._backlog.oldest
        waited = _seconds() - oldest.taken_at if oldest else 0.0
        if waited > self._limits.give_up_after:
            raise PublishFailed(f"not stored after {waited:.0f} s: {failed.reason}") from failed

    async def _open(self) -> Connection:
        async with _at_most(self._limits.stuck_after, "Kafka does not answer"):
            return await self._connect()

    async def _send_through(self, connection: Connection) -> None:
        """Send everything that is not acknowledged, then what comes, until the connection fails."""
        self._connection, self._broken = connection, None
        self._backlog.begin_again()
        try:
            while True:
                await self._send_waiting(connection)
                self._watch()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._work.wait(), self._limits.stuck_after / 4)
        finally:
            await connection.close()
            self._connection = None

    async def _send_waiting(self, connection: Connection) -> None:
        self._work.clear()
        unsent = self._backlog.unsent
        while unsent and self._broken is None:
            async with _at_most(self._limits.stuck_after, "the connection takes no record"):
                for _ in range(min(_RECORDS_A_TURN, len(unsent))):
                    record = unsent[0]
                    answer = await connection.send(record.key, record.value)
                    record.sent_at = _seconds()
                    unsent.popleft()
                    answer.add_done_callback(partial(self._answered, record, connection))

    def _watch(self) -> None:
        """Raise when the connection has failed, or has not stored a record for too long."""
        if self._broken is not None:
            raise self._broken
        oldest = self._backlog.oldest
        if oldest is not None and _seconds() - oldest.sent_at > self._limits.stuck_after:
            raise ConnectionFailed("no acknowledgement")

    def _answered(
        self, record: Record, connection: Connection, answer: "asyncio.Future[Any]"
    ) -> None:
        error = asyncio.CancelledError() if answer.cancelled() else answer.exception()
        if error is not None:
            if connection is self._connection and self._broken is None:
                self._broken = ConnectionFailed(type(error).__name__)
                self._work.set()
        # An earlier connection may have stored it after all.
        elif self._backlog.stored(record) and self._progress is not None:
            self._progress(self._backlog.acknowledged)


@asynccontextmanager
async def _at_most(seconds: float, otherwise: str) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError:
        raise ConnectionFailed(otherwise) from None


def _seconds() -> float:
    return asyncio.get_running_loop().time()
