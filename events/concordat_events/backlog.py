"""What a publisher has taken and Kafka has not acknowledged, in order."""

import asyncio
from collections import deque
from copy import copy
from dataclasses import dataclass


class PublishFailed(Exception):
    """Events are not acknowledged; whether Kafka has stored some of them is not known.

    Publishing them again is safe: the exchange knows an event by its source and id.
    """


@dataclass(slots=True, eq=False)
class Record:
    """One event on its way; times are the event loop's, in seconds."""

    key: bytes
    value: bytes
    taken_at: float
    sent_at: float = 0.0
    stored: bool = False
    waiter: "asyncio.Future[None] | None" = None


class Backlog:
    """Records in the order taken, at most `limit` of them unacknowledged."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._unacknowledged: deque[Record] = deque()
        self.unsent: deque[Record] = deque()
        self.count = 0
        self.acknowledged = 0
        self.failure: PublishFailed | None = None
        self._room, self._empty = asyncio.Event(), asyncio.Event()
        self._tell()

    @property
    def oldest(self) -> Record | None:
        """The first record that is not acknowledged."""
        return self._unacknowledged[0] if self._unacknowledged else None

    def check(self) -> None:
        """Raise the failure, if publishing has failed."""
        if self.failure is not None:
            raise PublishFailed(*self.failure.args) from self.failure.__cause__

    async def room(self) -> None:
        """Return when there is room for one more record; raise `PublishFailed`."""
        self.check()
        while self.count >= self._limit:
            await self._room.wait()
            self.check()

    async def empty(self) -> None:
        """Return when everything is acknowledged; raise `PublishFailed` when it will not be."""
        await self._empty.wait()
        self.check()

    def add(self, record: Record) -> None:
        """Append `record`, to be sent."""
        self._unacknowledged.append(record)
        self.unsent.append(record)
        self.count += 1
        self._tell()

    def begin_again(self) -> None:
        """Have everything that is not acknowledged sent again, in order."""
        self.unsent = deque(record for record in self._unacknowledged if not record.stored)

    def stored(self, record: Record) -> bool:
        """Note that Kafka has stored `record`; False when that was known."""
        if record.stored:
            return False
        record.stored = True
        while self._unacknowledged and self._unacknowledged[0].stored:
            self._unacknowledged.popleft()
        self.count -= 1
        self.acknowledged += 1
        if record.waiter is not None and not record.waiter.done():
            record.waiter.set_result(None)
        self._tell()
        return True

    def fail(self, failure: PublishFailed) -> None:
        """Tell everybody who waits, now and later, that publishing has failed."""
        self.failure = failure
        for record in self._unacknowledged:
            if record.waiter is not None and not record.waiter.done():
                record.waiter.set_exception(copy(failure))
        self._tell()

    def _tell(self) -> None:
        _set(self._room, self.failure is not None or self.count < self._limit)
        _set(self._empty, self.failure is not None or self.count == 0)


def _set(event: asyncio.Event, reached: bool) -> None:
    if reached:
        event.set()
    else:
        event.clear()
