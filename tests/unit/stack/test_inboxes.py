"""What may not be read now is held: it waits for nobody and is late for nobody."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from builders import Exchange, agreement_of
from concordat.agreements.disclosure import Disclosed
from concordat.postgres.inboxes import Habit, OpenGroup
from concordat.stack.inboxes import InboxLag, inbox_of

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
HABIT = Habit("social-care", 9, NOW - HOUR, None, NOW - 90 * 24 * HOUR, None, True)
ITEM = Disclosed(
    "test-agreement",
    1,
    ("all-crimes",),
    "police",
    "social-care",
    "community-safety.crime-recorded.v1",
)
OPEN = OpenGroup(ITEM, date(2027, 1, 1), 4, NOW - 3 * HOUR, 2, NOW - 2 * HOUR, 3)


def exchange(*, suspended: bool = False) -> Exchange:
    exchange = Exchange()
    exchange.add(agreement_of())
    if suspended:
        exchange.notify(agreement_of(), "council", "suspend")
    return exchange


def test_what_may_be_read_waits_and_is_overdue() -> None:
    inbox = inbox_of(HABIT, [OPEN], now=NOW, book=exchange().book)
    assert inbox.lag == InboxLag("social-care", 4, 10_800.0, 2, NOW - 2 * HOUR, 0, 3)
    facts = inbox.facts
    assert (facts.waiting, facts.oldest, facts.overdue, facts.held) == (4, OPEN.oldest, 2, 0)


def test_what_is_suspended_is_held_and_neither_waits_nor_is_overdue() -> None:
    inbox = inbox_of(HABIT, [OPEN], now=NOW, book=exchange(suspended=True).book)
    assert inbox.lag == InboxLag("social-care", 0, 0, 0, None, held=4, unacknowledged=0)
    assert (inbox.facts.waiting, inbox.facts.oldest, inbox.facts.held) == (0, None, 4)


def test_what_was_kept_to_its_end_is_held() -> None:
    kept = replace(OPEN, keep_until=date(2026, 11, 21))
    last_day = replace(OPEN, keep_until=date(2026, 11, 22))
    lag = inbox_of(HABIT, [kept, last_day], now=NOW, book=exchange().book).lag
    assert (lag.waiting, lag.held) == (4, 4)


def test_the_oldest_of_several_counts_and_held_ones_do_not() -> None:
    other = replace(OPEN, item=replace(ITEM, version=7), oldest=NOW - 9 * HOUR)
    newer = replace(OPEN, oldest=NOW - HOUR, overdue=0, overdue_since=None)
    lag = inbox_of(HABIT, [newer, OPEN, other], now=NOW, book=exchange().book).lag
    assert (lag.waiting, lag.age_seconds, lag.overdue, lag.held) == (8, 10_800.0, 2, 4)


def test_what_was_collected_does_not_wait() -> None:
    collected = OpenGroup(ITEM, None, 0, None, 0, None, 5)
    lag = inbox_of(HABIT, [collected], now=NOW, book=exchange().book).lag
    assert lag == InboxLag("social-care", 0, 0, 0, None, 0, 5)


def test_without_a_book_nothing_is_known_to_be_held() -> None:
    assert inbox_of(HABIT, [OPEN], now=NOW, book=None).lag.waiting == 4
