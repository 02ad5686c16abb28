"""What is told of an agreement although it is no fault."""

from pathlib import Path

import pytest

from concordat.agreements.checking.reading import read_agreement

TEXT = Path(__file__).with_name("sample.yaml").read_text()


def _notes(old: str = "", new: str = "") -> list[tuple[int, str]]:
    assert old in TEXT, old
    reading = read_agreement(TEXT.replace(old, new, 1), name="a.yaml")
    assert reading.faults == ()
    return [(note.line, note.message) for note in reading.notes]


def _added(old: str, new: str) -> list[tuple[int, str]]:
    """The notes that a change brings, told by their sentences: lines may have moved."""
    before = {message for _, message in _notes()}
    return [(line, message) for line, message in _notes(old, new) if message not in before]


EACH: dict[str, tuple[str, str, int, str]] = {
    "a condition that always holds": (
        "{field: grade, is: high}",
        "{field: grade, in: [standard, medium, high]}",
        38,
        "the condition on 'grade' holds for every event",
    ),
    "a required field asked to be there": (
        "{field: grade, is: high}",
        "{field: victim.ref, present: true}",
        38,
        "the condition on 'victim.ref' holds for every event",
    ),
    "an idle group": (
        "groups: {",
        "groups: {idle: [police], ",
        15,
        "the group 'idle' is used by no",
    ),
    "an idle set": (
        "field_sets:\n",
        "field_sets:\n  idle: [victim.ref]\n",
        22,
        "the field set 'idle' is used by no share",
    ),
    "an idle party": (
        "parties:\n",
        "parties:\n  fire: {acts_as: controller}\n",
        12,
        "the party 'fire' neither sends nor receives",
    ),
    "an idle law": (
        "laws:\n",
        "laws:\n  idle: {gateway: common-law, publisher_basis: [gdpr-6-1-e], "
        "recipient_basis: [gdpr-6-1-e]}\n",
        17,
        "the law 'idle' is used by no share",
    ),
    "shares that overlap": (
        'to: ["@idva-services"]',
        'to: ["@idva-services", social-care]',
        33,
        "'children' and 'idva' may hold for one event: social-care then gets",
    ),
}


@pytest.mark.parametrize("case", EACH)
def test_each_note_is_told_with_its_line(case: str) -> None:
    old, new, line, phrase = EACH[case]
    found = _added(old, new)
    assert (line, True) in [(at, phrase in message) for at, message in found], found


def test_a_bound_on_a_field_that_may_be_missing_is_no_condition_that_always_holds() -> None:
    found = _added("{field: child_count, at_least: 1}", "{field: child_count, at_least: 0}")
    assert [message for _, message in found if "every event" in message] == []


def test_what_a_delivery_gives_away_is_told_unless_it_is_sent_or_revealed() -> None:
    told = [message for _, message in _notes() if "away" in message]
    assert told == ["the delivery gives 'child_count' away; send it, or name it under 'reveals'"]
    sealed = "sealed: [safe_contact.window]\n    reveals: [safe_contact.window]"
    found = _added(sealed, "sealed: [safe_contact.method]")
    assert (39, True) in [(line, "'safe_contact.window' away" in said) for line, said in found]
    assert _added("send: [grade,", "send: [child_count, grade,") != []  # one field less unsent


def test_shares_that_exclude_each_other_or_reach_others_do_not_overlap() -> None:
    shared = ('to: ["@idva-services"]', 'to: ["@idva-services", social-care]')
    text = TEXT.replace(*shared, 1)
    for old, new in (
        ("{field: grade, is: high}", "{field: child_count, less_than: 1}"),
        ("law: protect\n    because: Contact", "law: other\n    because: Contact"),
    ):
        changed = text.replace(old, new, 1).replace(
            "field_sets:",
            "  other:\n    gateway: common-law\n    publisher_basis: [gdpr-10-dpa2018-sch1-18, "
            "gdpr-6-1-e]\n    recipient_basis: [gdpr-10-dpa2018-sch1-18, gdpr-6-1-e]\nfield_sets:",
            1,
        )
        reading = read_agreement(changed, name="a.yaml")
        assert reading.faults == ()
        assert [note for note in reading.notes if "may hold" in note.message] == []


def test_published_fields_that_nobody_receives_are_listed_once_an_event_type() -> None:
    ((line, message),) = [(at, said) for at, said in _notes() if said.startswith("nobody")]
    assert line == 27
    assert "recorded_at, incident_class" in message
    assert "narrative" not in message  # said under never_send: nobody shall
    assert "victim.name" not in message
