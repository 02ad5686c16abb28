"""Dead letters by cause; and which record a letter is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from concordat.kafka.dead_letters import Letter, Note, Noted
from concordat.kafka.places import Place
from concordat.stack.dead_letter_causes import Cause, causes_of, open_letters
from concordat.stack.dead_letters import is_of
from concordat.stages.record import Record
from concordat.stages.retry import Outcome

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def letter(offset: int, reason: str = "UNKNOWN_AGENCY", *notes: Note, tries: int = 0) -> Letter:
    at = NOON + timedelta(minutes=offset)
    noted = tuple(Noted(note, at) for note in notes)
    return Letter(Place("outbox.x", 0, offset), "admit", reason, 3, at, noted, tries)


GIVEN_UP = Note("discarded", "an-operator", because="Ours.")
ADMITTED = Note("retried", "an-operator", outcome=Outcome.ADMITTED, written="incidents/0/1")
LETTERS = [
    letter(5),
    letter(2),
    letter(1, "UNKNOWN_AGENCY", ADMITTED),
    letter(9, "UNKNOWN_AGENCY", GIVEN_UP),
    letter(7, "UNKNOWN_AGENCY", tries=3),
    letter(3, "ANOTHER", GIVEN_UP),
]


def test_a_cause_counts_what_is_open_and_what_was_done() -> None:
    there = {Place("outbox.x", 0, offset) for offset in (5, 7, 9)}
    assert causes_of(LETTERS, there) == [
        Cause(
            "admit/outbox.x/UNKNOWN_AGENCY",
            open=3,
            oldest=NOON + timedelta(minutes=2),
            newest=NOON + timedelta(minutes=7),
            readable=2,
            worn=1,
            retried=1,
            discarded=1,
        ),
        Cause("admit/outbox.x/ANOTHER", 0, None, None, 0, 0, 0, 1),
    ]


def test_the_open_ones_are_chosen_in_the_order_in_which_they_came() -> None:
    assert [each.place.offset for each in open_letters(LETTERS)] == [2, 5, 7]
    assert open_letters(LETTERS, "admit/outbox.x/ANOTHER") == []


def test_a_newer_record_or_one_of_another_size_is_not_the_one_the_letter_is_about() -> None:
    about = letter(0)
    at = round(NOON.timestamp() * 1000)
    record = Record("outbox.x", 0, 0, b"k", b"abc", None, at)
    assert is_of(about, record)
    assert not is_of(about, record._replace(value=b"abcd"))
    assert not is_of(about, record._replace(written_at=at + 6000))
    assert is_of(replace(about, size=None), record._replace(value=b"abcd"))
