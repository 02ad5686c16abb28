"""Whether an agency keeps up with its inbox, told from what the database knows: pure.

An agency that collects once a day is not late after an hour, and one that collects every minute is:
each is measured by its own habit, and by what its agreements say.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from concordat.agreements.day import rfc3339
from concordat.stack.verdict import Judged, Verdict

TIMES_USUAL = 3
AT_LEAST = timedelta(minutes=15)
UNKNOWN_HABIT = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class InboxFacts:
    """What is known of one inbox; `now` is the database's clock.

    `waiting` items may be read now and nobody has collected them, `oldest` is when the oldest of
    them got its number. `held` ones may not be read now: they are late for nobody. `usual` is the
    time in which nine in ten of the last items were collected, None when too few were.
    `generation_began` is when the database was made, or made again from a backup. `fed` is the
    number up to which the agency's own topic was fed, if it has one, and in this generation.
    """

    now: datetime
    last_seq: int
    waiting: int = 0
    held: int = 0
    oldest: datetime | None = None
    overdue: int = 0
    last_active: datetime | None = None
    usual: timedelta | None = None
    generation_began: datetime | None = None
    fed: int | None = None
    fed_in_this_generation: bool = True

    @property
    def patience(self) -> timedelta:
        """How long an item may wait before this agency is late by its own habit."""
        if self.usual is None:
            return UNKNOWN_HABIT
        return max(AT_LEAST, TIMES_USUAL * self.usual)


def judge_inbox(facts: InboxFacts, highest_seen: int = 0) -> Judged:
    """Judge one inbox; `highest_seen` is the highest number it had at an earlier look."""
    if reason := _rewound(facts, highest_seen):
        return Judged(Verdict.REWOUND, reason)
    if facts.last_seq == 0:
        return Judged(Verdict.KEEPING_UP, "Nothing was ever delivered to it.")
    if not facts.waiting or facts.oldest is None:
        held = f" {facts.held} are held and may not be read now." if facts.held else ""
        return Judged(Verdict.KEEPING_UP, f"Nothing waits.{held}")
    age = facts.now - facts.oldest
    waits = f"{facts.waiting} wait, the oldest for {in_words(age)}"
    if facts.last_active is None:
        return Judged(Verdict.NO_MEMBERS, f"It has never collected anything: {waits}.")
    late = f", {facts.overdue} past the time its agreement sets" if facts.overdue else ""
    if not facts.overdue and age <= facts.patience:
        return Judged(Verdict.KEEPING_UP, f"{waits}; {_habit(facts)}.")
    idle = facts.now - facts.last_active
    told = f"{waits}{late}; it was last active {in_words(idle)} ago; {_habit(facts)}."
    stalled = idle > facts.patience and age > facts.patience
    return Judged(Verdict.STALLED if stalled else Verdict.FALLING_BEHIND, told)


def _rewound(facts: InboxFacts, highest_seen: int) -> str | None:
    if facts.last_seq < highest_seen:
        return f"Its numbers fell from {highest_seen} to {facts.last_seq}."
    if facts.fed is not None and not facts.fed_in_this_generation:
        return "The database began again and its own topic was not yet fed from the beginning."
    if facts.fed is not None and facts.fed > facts.last_seq:
        return f"Its own topic was fed up to {facts.fed}, and its numbers end at {facts.last_seq}."
    began = facts.generation_began
    if began is not None and facts.last_active is not None and facts.last_active < began:
        return (
            f"The database began again at {rfc3339(began)}, and it has collected nothing since: "
            "its cursors are void."
        )
    return None


def _habit(facts: InboxFacts) -> str:
    if facts.usual is None:
        return f"its habit is not known yet, so {in_words(facts.patience)} are given"
    return f"it usually collects within {in_words(facts.usual)}"


def in_words(time: timedelta) -> str:
    """Say a length of time in its largest unit that makes two or more, as a person would."""
    seconds = max(round(time.total_seconds()), 0)
    for unit, size in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * size:
            return f"{seconds // size} {unit}"
    return f"{seconds} s"
