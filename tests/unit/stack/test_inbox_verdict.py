"""An agency is late by its own habit and by what its agreements say, and by nothing else."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from concordat.stack.inbox_verdict import InboxFacts, in_words, judge_inbox
from concordat.stack.verdict import Verdict

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UP, BEHIND = Verdict.KEEPING_UP, Verdict.FALLING_BEHIND
STALLED, REWOUND, NOBODY = Verdict.STALLED, Verdict.REWOUND, Verdict.NO_MEMBERS


def facts(**changes: Any) -> InboxFacts:
    """Three items wait, the oldest for a minute; the agency usually collects within ten."""
    known: dict[str, Any] = {
        "waiting": 3,
        "oldest": NOW - MINUTE,
        "last_active": NOW - 2 * MINUTE,
        "usual": 10 * MINUTE,
        "generation_began": NOW - 90 * DAY,
    }
    return InboxFacts(NOW, **{"last_seq": 40, **known, **changes})


def late(age: timedelta, idle: timedelta, **changes: Any) -> InboxFacts:
    return facts(oldest=NOW - age, last_active=NOW - idle, **changes)


@pytest.mark.parametrize(
    ("known", "verdict"),
    [
        (facts(), UP),
        # Nothing waits: whatever the past was.
        (facts(waiting=0, oldest=None), UP),
        (facts(waiting=0, oldest=None, last_active=NOW - 90 * DAY + MINUTE), UP),
        (facts(waiting=0, oldest=None, last_active=None), UP),
        (InboxFacts(NOW, last_seq=0), UP),
        # Three times its habit is given, and never less than a quarter of an hour.
        (late(30 * MINUTE, 40 * MINUTE), UP),
        (late(31 * MINUTE, 40 * MINUTE), STALLED),
        (late(31 * MINUTE, 20 * MINUTE), BEHIND),
        (late(14 * MINUTE, DAY, usual=timedelta(seconds=1)), UP),
        (late(16 * MINUTE, DAY, usual=timedelta(seconds=1)), STALLED),
        (late(2 * DAY, 2 * DAY, usual=DAY), UP),
        (late(4 * DAY, 4 * DAY, usual=DAY), STALLED),
        (late(4 * DAY, 2 * DAY, usual=DAY), BEHIND),
        # A habit that is not known yet.
        (late(59 * MINUTE, DAY, usual=None), UP),
        (late(61 * MINUTE, DAY, usual=None), STALLED),
        (late(61 * MINUTE, MINUTE, usual=None), BEHIND),
        # What the agreement wanted by now is late, however short it waits.
        (late(MINUTE, 2 * MINUTE, overdue=1), BEHIND),
        (late(20 * MINUTE, 2 * DAY, overdue=1), BEHIND),
        (late(31 * MINUTE, 2 * DAY, overdue=1), STALLED),
        # Never collected.
        (facts(last_active=None), NOBODY),
        (facts(last_active=None, overdue=3), NOBODY),
        # The database began again, and it has not come since.
        (facts(generation_began=NOW - MINUTE), REWOUND),
        (facts(generation_began=NOW - MINUTE, waiting=0, oldest=None), REWOUND),
        (facts(generation_began=NOW - MINUTE, last_active=None), NOBODY),
        # Its own topic was fed by another database, or further than this one goes.
        (facts(fed=40), UP),
        (facts(fed=41), REWOUND),
        (facts(fed=12, fed_in_this_generation=False), REWOUND),
    ],
)
def test_an_inbox_is_judged_by_these_facts(known: InboxFacts, verdict: Verdict) -> None:
    judged = judge_inbox(known)
    assert judged.verdict is verdict, judged.reason
    assert judged.reason.endswith(".")


def test_numbers_that_fell_between_two_looks_are_a_rewind() -> None:
    assert judge_inbox(facts(), highest_seen=40).verdict is UP
    judged = judge_inbox(facts(), highest_seen=41)
    assert (judged.verdict, judged.reason) == (REWOUND, "Its numbers fell from 41 to 40.")


def test_what_is_held_is_late_for_nobody() -> None:
    judged = judge_inbox(facts(waiting=0, oldest=None, held=7, last_active=NOW - 80 * DAY))
    assert judged.verdict is UP
    assert judged.reason == "Nothing waits. 7 are held and may not be read now."


def test_the_reason_says_how_much_waits_how_long_and_what_is_usual() -> None:
    judged = judge_inbox(late(4 * HOUR, 3 * HOUR, overdue=2))
    assert judged.reason == (
        "3 wait, the oldest for 4 hours, 2 past the time its agreement sets; it was last active "
        "3 hours ago; it usually collects within 10 minutes."
    )
    assert (
        "its habit is not known yet, so 60 minutes are given"
        in judge_inbox(late(4 * HOUR, 3 * HOUR, usual=None)).reason
    )


@pytest.mark.parametrize(
    ("time", "words"),
    [
        (timedelta(seconds=-5), "0 s"),
        (timedelta(seconds=119), "119 s"),
        (timedelta(seconds=120), "2 minutes"),
        (timedelta(minutes=119), "119 minutes"),
        (timedelta(hours=47), "47 hours"),
        (timedelta(hours=49), "2 days"),
    ],
)
def test_a_time_is_said_as_a_person_would(time: timedelta, words: str) -> None:
    assert in_words(time) == words
