"""Dead letters on an operator's desk: read, put before their stage again, or given up."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient

from concordat.agreements.book import Book
from concordat.deliver.read_record import read_record
from concordat.deliver.rows import Decided
from concordat.kafka.dead_letters import (
    Letter,
    Mailbox,
    Note,
    kept_since,
    note_output,
    read_mail,
    sort_mail,
)
from concordat.kafka.places import Place, records_at, still_there
from concordat.kafka.topics import Topics
from concordat.kafka.write_records import write_records
from concordat.postgres.pool import Connection
from concordat.postgres.set_aside import read_set_aside
from concordat.runtime.clock import Clock, is_behind
from concordat.runtime.errors import ClockBehind
from concordat.stages.record import JSON, Output, Record
from concordat.stages.retry import UNCHANGED, Outcome, Retried, retry_admit, retry_route
from concordat.streams.register_feed import StrictRegisterFeed

# The clocks of a broker and of a database.
_APART = timedelta(seconds=5)


async def read_mailbox(
    bootstrap: str, admin: AdminClient, topics: Topics, auditor: Connection, now: datetime
) -> Mailbox:
    """Return every dead letter that is kept: of the stages, and what deliver set aside.

    Raises `IncidentsUnreadable`, and what Kafka and Postgres raise.
    """
    topic = topics.dead_letters
    records = await asyncio.to_thread(lambda: list(read_mail(bootstrap, topic)))
    since = await asyncio.to_thread(kept_since, admin, topic, now)
    return sort_mail(records, await read_set_aside(auditor, topics.routed, since))


@dataclass(frozen=True, slots=True)
class RetryParts:
    """What a retry is made of; the composition root builds them."""

    bootstrap: str
    admin: AdminClient
    feed: StrictRegisterFeed
    producer: Producer
    topics: Topics
    clock: Clock


@dataclass(slots=True)
class RetryCount:
    """What came, or would come, of a retry: by cause and outcome, with the places it concerns."""

    outcomes: Counter[tuple[str, Outcome]] = field(default_factory=Counter)

    @property
    def settled(self) -> int:
        """How many letters are dealt with by it."""
        return sum(count for (_, outcome), count in self.outcomes.items() if outcome.settles)


class Retry:
    """Puts letters before their stages again, under today's book."""

    def __init__(self, parts: RetryParts, letters: Sequence[Letter]) -> None:
        self._parts = parts
        self._letters = {letter.place: letter for letter in letters}

    def rehearse(self) -> RetryCount:
        """Count what would come of it, and write nothing.

        Raises `RegisterUnavailable` and `IncidentsUnreadable`.
        """
        return self._run(None)

    def write(self, by: str) -> RetryCount:
        """Write what comes of it, and a note on each letter after that.

        After a crash in between a letter is still open, and its record a repeat when it is retried
        again. Also raises `NotAcknowledged`.
        """
        return self._run(by)

    def _run(self, by: str | None) -> RetryCount:
        count, left = RetryCount(), set(self._letters)
        there = still_there(self._parts.admin, left)
        for batch in records_at(self._parts.bootstrap, there):
            judged = dict(self._judge(batch))
            left -= judged.keys()
            if by is not None:
                self._write(judged, by)
            self._count(count, judged)
        self._count(count, dict.fromkeys(left, Retried(Outcome.GONE)))
        return count

    def _count(self, count: RetryCount, judged: dict[Place, Retried]) -> None:
        for place, retried in judged.items():
            count.outcomes[self._letters[place].cause, retried.outcome] += 1

    def _judge(self, batch: Sequence[Record]) -> Iterator[tuple[Place, Retried]]:
        parts = self._parts
        book, now = self._book(), parts.clock()
        for record in batch:
            place = Place(record.topic, record.partition, record.offset)
            letter = self._letters[place]
            if is_of(letter, record):
                yield place, retry(letter.stage, record, book, now, parts.topics)
            else:
                yield place, Retried(Outcome.GONE)

    def _book(self) -> Book:
        book = self._parts.feed.catch_up()
        if is_behind(self._parts.clock(), self._parts.feed.newest):
            raise ClockBehind("the clock is behind the newest log time")
        return book

    def _write(self, judged: dict[Place, Retried], by: str) -> None:
        outputs = {place: each.output for place, each in judged.items() if each.output}
        written = write_records(self._parts.producer, list(outputs.values()))
        places = dict(zip(outputs, written, strict=True))
        notes = [
            note_output(
                self._parts.topics.dead_letters,
                place,
                Note("retried", by, outcome=each.outcome, written=str(places.get(place, ""))),
            )
            for place, each in judged.items()
            if each.outcome is not Outcome.GONE
        ]
        write_records(self._parts.producer, notes)


def is_of(letter: Letter, record: Record) -> bool:
    """Whether `record` is the one that the letter is about.

    A topic that was made anew has other records at the same places: newer ones, of another size.
    """
    written = datetime.fromtimestamp(record.written_at / 1000, UTC)
    same_size = letter.size is None or letter.size == len(record.value or b"")
    return same_size and written <= letter.written_at + _APART


def retry(stage: str, record: Record, book: Book, now: datetime, topics: Topics) -> Retried:
    """Put one record before its stage; a stage that nobody knows can do nothing with it."""
    if stage == "admit":
        return retry_admit(record, book, now, topics)
    if stage == "route":
        return retry_route(record, book, now, topics)
    if stage == "deliver":
        return _retry_deliver(record, topics)
    return UNCHANGED


def _retry_deliver(record: Record, topics: Topics) -> Retried:
    """Write a decision again that can be stored now; deliver takes it as it takes any repeat."""
    if not isinstance(read_record(record.partition, record.offset, record.value), Decided):
        return UNCHANGED
    output = Output(topics.routed, record.key or b"", record.value or b"", JSON)
    return Retried(Outcome.STORED_AGAIN, output)


def discard(
    producer: Producer, topics: Topics, letters: Sequence[Letter], by: str, because: str
) -> None:
    """Note on each letter that it was given up, by whom and why; nothing is deleted.

    Raises `NotAcknowledged`.
    """
    note = Note("discarded", by, because=because)
    write_records(
        producer, [note_output(topics.dead_letters, each.place, note) for each in letters]
    )
