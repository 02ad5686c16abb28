"""The lag of every inbox, judged by the book: what may not be read now is late for nobody."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from concordat.agreements.book import Book
from concordat.agreements.day import london_day
from concordat.postgres.inboxes import Habit, OpenGroup, read_habits, read_open_groups
from concordat.postgres.pool import Connection
from concordat.stack.inbox_verdict import InboxFacts


@dataclass(frozen=True, slots=True)
class InboxLag:
    """Items that may be read and nobody has collected yet, and the age of the oldest; or 0.

    `overdue` counts those whose agreement wanted them collected by now, `overdue_since` is since
    when the oldest of them. What may not be read now is `held`; what was withdrawn waits for
    nobody. `unacknowledged` ones were collected and not taken over yet.
    """

    agency: str
    waiting: int
    age_seconds: float
    overdue: int = 0
    overdue_since: datetime | None = None
    held: int = 0
    unacknowledged: int = 0


@dataclass(frozen=True, slots=True)
class Inbox:
    """One agency's inbox: what it holds, and what a verdict is made of."""

    lag: InboxLag
    facts: InboxFacts


async def read_inboxes(connection: Connection, book: Book | None) -> list[Inbox]:
    """Return every inbox, as the auditor sees it; without a book nothing is known to be held."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        now = await connection.fetchval("SELECT now()")
        habits = await read_habits(connection)
        groups = await read_open_groups(connection)
    by_agency: dict[str, list[OpenGroup]] = {}
    for group in groups:
        by_agency.setdefault(group.item.recipient, []).append(group)
    return [
        inbox_of(habit, by_agency.get(habit.agency, []), now=now, book=book) for habit in habits
    ]


def inbox_of(
    habit: Habit, groups: Iterable[OpenGroup], *, now: datetime, book: Book | None
) -> Inbox:
    """Return the inbox of one agency at `now`; `groups` are its open items."""
    readable, held = [], 0
    for group in groups:
        if _may_be_read(group, book, now):
            readable.append(group)
        else:
            held += group.waiting
    oldest = min((group.oldest for group in readable if group.oldest), default=None)
    lag = InboxLag(
        habit.agency,
        waiting=sum(group.waiting for group in readable),
        age_seconds=round(max((now - oldest).total_seconds(), 0), 3) if oldest else 0,
        overdue=sum(group.overdue for group in readable),
        overdue_since=min((g.overdue_since for g in readable if g.overdue_since), default=None),
        held=held,
        unacknowledged=sum(group.unacknowledged for group in readable),
    )
    facts = InboxFacts(
        now,
        habit.last_seq,
        waiting=lag.waiting,
        held=held,
        oldest=oldest,
        overdue=lag.overdue,
        last_active=habit.last_active,
        usual=habit.usual,
        generation_began=habit.generation_began,
    )
    fed = replace(facts, fed=habit.fed, fed_in_this_generation=habit.fed_in_this_generation)
    return Inbox(lag, fed)


def _may_be_read(group: OpenGroup, book: Book | None, now: datetime) -> bool:
    """As the inbox itself judges: by the book, and to the last day that a copy may be held."""
    if group.keep_until is not None and london_day(now) > group.keep_until:
        return False
    return book is None or book.why_stopped(group.item, now) is None
