"""Letters and notes of one topic: what became of each letter, however often it was written."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from concordat.kafka.dead_letters import Letter, Mailbox, Note, State, note_output, sort_mail
from concordat.kafka.places import NotAPlace, Place, stretches_of
from concordat.stages.dead_letter import dead_letter
from concordat.stages.record import Record
from concordat.stages.retry import Outcome

TOPIC = "dead-letters"
FIRST = Place("outbox.impostor", 0, 4)
SECOND, THIRD = Place("incidents", 2, 7), Place("incidents", 2, 90)
AT = 1_763_812_800_000


def letter(place: Place, stage: str = "admit", reason: str = "UNKNOWN_AGENCY") -> Record:
    about = Record(place.topic, place.partition, place.offset, b"k", b"Rosalind Elsie", None)
    output = dead_letter(TOPIC, stage, about, reason)
    return Record(TOPIC, 0, 0, output.key, output.value, None, AT)


def note(place: Place, said: Note) -> Record:
    output = note_output(TOPIC, place, said)
    return Record(TOPIC, 0, 0, output.key, output.value, None, AT + 5000)


def retried(outcome: Outcome, written: Place | None = None) -> Note:
    return Note("retried", "an-operator", outcome=outcome, written=str(written or ""))


DISCARDED = Note("discarded", "an-operator", because="A test topic of ours.")


def states(*records: Record) -> dict[Place, State]:
    return {place: each.state for place, each in sort_mail(records).letters.items()}


def test_a_letter_says_where_why_when_and_how_large() -> None:
    (found,) = sort_mail([letter(FIRST)]).letters.values()
    assert found == Letter(
        FIRST, "admit", "UNKNOWN_AGENCY", 14, datetime.fromtimestamp(AT / 1000, UTC)
    )
    assert found.cause == "admit/outbox.impostor/UNKNOWN_AGENCY"
    assert (found.state, found.tries) == (State.OPEN, 0)


@pytest.mark.parametrize(
    ("notes", "state"),
    [
        ([], State.OPEN),
        ([DISCARDED], State.DISCARDED),
        ([retried(Outcome.ADMITTED, SECOND)], State.RETRIED),
        ([retried(Outcome.REFUSED, SECOND)], State.RETRIED),
        ([retried(Outcome.ROUTED_AGAIN, SECOND)], State.RETRIED),
        ([retried(Outcome.STORED_AGAIN, SECOND)], State.RETRIED),
        ([retried(Outcome.UNCHANGED)], State.OPEN),
        ([DISCARDED, retried(Outcome.UNCHANGED)], State.DISCARDED),
        ([DISCARDED, retried(Outcome.ADMITTED, SECOND)], State.RETRIED),
        ([retried(Outcome.ADMITTED, SECOND), DISCARDED], State.DISCARDED),
    ],
)
def test_the_last_note_that_settles_anything_counts(notes: list[Note], state: State) -> None:
    assert states(letter(FIRST), *(note(FIRST, each) for each in notes)) == {FIRST: state}


def test_a_letter_that_is_written_again_after_a_crash_is_not_open_again() -> None:
    again = [letter(FIRST), letter(FIRST), note(FIRST, DISCARDED), letter(FIRST)]
    assert states(*again) == {FIRST: State.DISCARDED}
    assert len(sort_mail(again).letters) == 1


def test_a_record_that_comes_back_keeps_the_count_of_its_tries() -> None:
    mailbox = sort_mail(
        [
            letter(FIRST),
            note(FIRST, retried(Outcome.UNCHANGED)),
            note(FIRST, retried(Outcome.ADMITTED, SECOND)),
            letter(SECOND, "route", "UNREADABLE"),
            note(SECOND, retried(Outcome.ROUTED_AGAIN, THIRD)),
            letter(THIRD, "route", "UNREADABLE"),
        ]
    )
    assert {place: each.tries for place, each in mailbox.letters.items()} == {
        FIRST: 2,
        SECOND: 3,
        THIRD: 3,
    }


def test_places_that_lead_to_each_other_end() -> None:
    mailbox = sort_mail(
        [
            letter(SECOND),
            letter(THIRD),
            note(SECOND, retried(Outcome.ROUTED_AGAIN, THIRD)),
            note(THIRD, retried(Outcome.ROUTED_AGAIN, SECOND)),
        ]
    )
    assert [each.tries for each in mailbox.letters.values()] == [2, 2]


def test_what_deliver_set_aside_is_a_letter_with_notes_too() -> None:
    place = Place("routed", 0, 5)
    aside = Letter(place, "deliver", "EMPTY", None, datetime.fromtimestamp(0, UTC))
    (found,) = sort_mail([note(place, DISCARDED)], [aside]).letters.values()
    assert (found.stage, found.state) == ("deliver", State.DISCARDED)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        (None, None),
        (b"a/0/1", b"Rosalind Elsie"),
        (b"a/0/1", b"{}"),
        (b"a/0/1", b'{"action":"burnt","by":"x"}'),
        (b"a/0/1", b'{"action":"retried","by":"x","written":"nowhere"}'),
        (b"Rosalind Elsie", letter(FIRST).value),
        (b"\xff", letter(FIRST).value),
        (b"a/0/1", b"[" * 100_000),
    ],
)
def test_what_is_neither_letter_nor_note_is_counted_and_passed_over(
    key: bytes | None, value: bytes | None
) -> None:
    mailbox = sort_mail([Record(TOPIC, 0, 0, key, value, None, AT), letter(FIRST)])
    assert (list(mailbox.letters), mailbox.unreadable) == ([FIRST], 1)


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_no_bytes_raise(key: bytes, value: bytes) -> None:
    assert isinstance(sort_mail([Record(TOPIC, 0, 0, key, value, None, AT)]), Mailbox)


def test_a_place_is_written_and_read_alike() -> None:
    assert Place.of(str(FIRST)) == FIRST


@pytest.mark.parametrize(
    "text", ["", "a", "a/1", "a/1/2/3", "a/x/1", "a/-1/2", "a b/1/2", "a/1/2\n", "/1/2"]
)
def test_anything_else_is_no_place(text: str) -> None:
    with pytest.raises(NotAPlace):
        Place.of(text)


@given(st.sets(st.integers(0, 20_000), max_size=40))
def test_stretches_hold_every_offset_once_and_no_long_way_between(offsets: set[int]) -> None:
    found = list(stretches_of(3, sorted(offsets)))
    covered = [each for stretch in found for each in range(stretch.begin, stretch.end)]
    assert len(covered) == len(set(covered))
    assert offsets <= set(covered)
    assert {stretch.begin for stretch in found} | {each.end - 1 for each in found} <= offsets
    assert len(covered) <= 1001 * max(len(offsets), 1)
