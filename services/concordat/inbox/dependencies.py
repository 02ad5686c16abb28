"""What the endpoints need, handed in; and how an endpoint asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Protocol

from fastapi import Depends, Request

from concordat.agreements.book import Book
from concordat.inbox.arrivals import Arrivals
from concordat.inbox.problems import unavailable
from concordat.inbox.tokens import TokenVerifier
from concordat.kafka.register_log import RegisterRecord
from concordat.postgres.pool import Pool
from concordat.runtime.clock import Clock
from concordat_events.envelope import Event

# P5: within one second of a notice nothing is returned under it. Nothing is read under a book that
# is older than this; the rest of the second is for the way out.
MAX_BOOK_AGE_SECONDS = 0.75


class BookFeed(Protocol):
    """Keeps a book as new as the register."""

    @property
    def book(self) -> Book:
        """The newest book."""
        ...

    def age(self) -> float:
        """Seconds since the book was last known to be at the register's end."""
        ...

    async def book_at(self, instant: datetime) -> Book:
        """The book as it was at a past instant."""
        ...


class Outbox(Protocol):
    """Writes events to the topic of the agency that publishes them."""

    async def publish(self, agency: str, events: Sequence[Event]) -> None:
        """Return when every event is durable; raises `OutboxUnavailable`."""
        ...


class Incidents(Protocol):
    """Reads admitted events by their place in the log."""

    async def read(self, partition: int, offset: int) -> bytes | None:
        """Return the record, None when it is gone; raises `IncidentsUnavailable`."""
        ...


class RegisterAppender(Protocol):
    """Appends records to the register."""

    async def write(self, record: RegisterRecord) -> datetime:
        """Return when it was recorded, once that is durable; raises `RegisterNotWritten`."""
        ...


class OutboxUnavailable(Exception):
    """Not every event is known to be durable; publishing all again is harmless."""


@dataclass(frozen=True, slots=True)
class Dependencies:
    """The composition: connections, the book, the clock."""

    pool: Pool
    feed: BookFeed
    arrivals: Arrivals
    outbox: Outbox
    incidents: Incidents
    register: RegisterAppender
    tokens: TokenVerifier
    clock: Clock

    def book_now(self) -> Book:
        """Return the book if it is fresh enough to read under; else the request ends in 503."""
        if self.feed.age() > MAX_BOOK_AGE_SECONDS:
            raise unavailable("The register cannot be read to its end now; try again.")
        return self.feed.book


async def _dependencies_of(request: Request) -> Dependencies:
    dependencies = request.app.state.dependencies
    if not isinstance(dependencies, Dependencies):
        raise unavailable("This process only describes the interface.")
    return dependencies


Needs = Annotated[Dependencies, Depends(_dependencies_of)]
