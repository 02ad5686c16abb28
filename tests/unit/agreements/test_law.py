"""The table of marks and accepted codes: each row, whole, on both sides, and no row in part."""

from typing import Any

import pytest

from builders import agreement_of, share_of
from concordat.agreements.checking.checks import check_agreement
from concordat.agreements.checking.world import World
from concordat.agreements.law import ACCEPTED, BASES, GATEWAYS, covers
from concordat_events.catalogue import CATALOGUE
from concordat_events.fields import Sensitivity

WORLD = World(CATALOGUE)
INCIDENT = "domestic-abuse.incident-recorded.v1"
ORDINARY = "gdpr-6-1-e"
# One field of each mark.
SENT: dict[Sensitivity, dict[str, Any]] = {
    Sensitivity.NONE: {"send": ["ref"]},
    Sensitivity.PERSONAL: {"send": ["victim.name"]},
    Sensitivity.SPECIAL: {"send": ["grade"]},
    Sensitivity.SEALED: {"send": [], "sealed": ["victim.address.postcode"]},
}
ROWS = [(mark, row) for mark, rows in ACCEPTED.items() for row in rows]
# Written out a second time: a row that is lost or gained in the table is a decision, not a slip.
ORDINARY_ROWS = ["a", "c", "d", "e", "ea", "f"]
GRAVE_ROWS = {
    "gdpr-9-2-a",
    "gdpr-9-2-c",
    "gdpr-9-2-g dpa2018-sch1-6",
    "gdpr-9-2-g dpa2018-sch1-10",
    "gdpr-9-2-g dpa2018-sch1-18",
    "gdpr-9-2-h dpa2018-sch1-2",
    "gdpr-10-dpa2018-sch1-6",
    "gdpr-10-dpa2018-sch1-10",
    "gdpr-10-dpa2018-sch1-18",
    "dpa2018-s35 dpa2018-sch8-4",
}
GRAVE = (Sensitivity.SPECIAL, Sensitivity.SEALED)


def _faults(
    mark: Sensitivity, publisher: list[str], recipient: list[str], **more: Any
) -> list[str]:
    """What is wrong with the law of an agreement that sends one field with this mark."""
    law = {"gateway": "ca2004-s11", "publisher_basis": publisher, "recipient_basis": recipient}
    share = share_of(event=INCIDENT, **{**SENT[mark], **more})
    agreement = agreement_of(laws={"protect": law}, shares=[share])
    return [fault.message for fault in check_agreement(agreement, WORLD)]


def _with_ordinary(mark: Sensitivity, row: tuple[str, ...]) -> list[str]:
    """The row and, where the field is more than personal data, a basis for personal data too."""
    return list(dict.fromkeys([*row, ORDINARY] if mark in GRAVE or not row else row))


@pytest.mark.parametrize(("mark", "row"), ROWS)
def test_a_row_whole_on_both_sides_covers_a_field_of_its_mark(
    mark: Sensitivity, row: tuple[str, ...]
) -> None:
    assert covers(row, mark)
    basis = _with_ordinary(mark, row)
    assert _faults(mark, basis, basis) == []


@pytest.mark.parametrize(
    ("mark", "row", "left_out"), [(mark, row, code) for mark, row in ROWS for code in row]
)
def test_a_row_without_one_of_its_codes_covers_nothing(
    mark: Sensitivity, row: tuple[str, ...], left_out: str
) -> None:
    # No row is part of another, so what is left of one is not another one.
    assert not covers(set(row) - {left_out}, mark)
    whole = _with_ordinary(mark, row)
    if len(row) > 1 or mark in GRAVE:
        part = [code for code in whole if code != left_out]
        assert len(_faults(mark, part, part)) == 2
        assert any("publisher's" in fault for fault in _faults(mark, part, whole))
        assert any("recipient's" in fault for fault in _faults(mark, whole, part))


@pytest.mark.parametrize(("mark", "row"), [each for each in ROWS if each[1]])
def test_a_row_on_one_side_only_does_not_cover_the_other(
    mark: Sensitivity, row: tuple[str, ...]
) -> None:
    basis = _with_ordinary(mark, row)
    # A code that covers nothing by itself.
    bare = ["dpa2018-sch1-2"]
    for side, sides in (("recipient", (basis, bare)), ("publisher", (bare, basis))):
        faults = _faults(mark, *sides)
        assert faults
        assert all(f"the {side}'s basis under 'protect' does not cover" in each for each in faults)


@pytest.mark.parametrize("mark", GRAVE)
def test_what_is_more_than_personal_data_needs_a_basis_for_personal_data_too(
    mark: Sensitivity,
) -> None:
    basis = ["gdpr-9-2-g", "dpa2018-sch1-18"]
    faults = _faults(mark, basis, basis)
    assert len(faults) == 2
    assert all("does not cover personal data" in fault for fault in faults)


@pytest.mark.parametrize("mark", GRAVE)
def test_no_basis_for_personal_data_covers_what_is_more(mark: Sensitivity) -> None:
    every = [code for code in BASES if code.startswith("gdpr-6-")]
    faults = _faults(mark, every, every)
    assert len(faults) == 2
    assert all("does not cover personal" not in fault for fault in faults)


def test_a_field_without_a_mark_of_harm_needs_nothing() -> None:
    assert covers([], Sensitivity.NONE)
    assert _faults(Sensitivity.NONE, ["dpa2018-sch1-2"], ["dpa2018-sch1-2"]) == []


def test_less_of_a_field_needs_the_basis_of_the_field() -> None:
    for less in (
        {"send": [{"field": "alleged_perpetrator.dob", "as": "year"}]},
        {"send": ["ref"], "when": [{"field": "grade", "is": "high"}]},
        {"send": ["ref"], "when": [{"field": "grade", "is": "high"}], "reveals": ["grade"]},
    ):
        faults = _faults(Sensitivity.NONE, [ORDINARY], [ORDINARY], **less)
        assert len(faults) == 2, less


def test_the_table_has_a_row_for_every_mark_and_names_known_codes_only() -> None:
    assert set(ACCEPTED) == set(Sensitivity)
    assert {code for _, row in ROWS for code in row} <= set(BASES)
    said = {mark: {" ".join(row) for row in rows} for mark, rows in ACCEPTED.items()}
    assert said[Sensitivity.NONE] == {""}
    ordinary = {f"gdpr-6-1-{letter}" for letter in ORDINARY_ROWS}
    assert said[Sensitivity.PERSONAL] == {*ordinary, "dpa2018-s35"}
    assert said[Sensitivity.SPECIAL] == said[Sensitivity.SEALED] == GRAVE_ROWS
    for mark, rows in ACCEPTED.items():
        assert rows, mark
        assert len({frozenset(row) for row in rows}) == len(rows)
        assert not any(set(one) < set(other) for one in rows for other in rows)


def test_every_code_has_a_sentence_and_none_is_a_gateway_and_a_basis() -> None:
    assert all(len(sentence) > 10 for sentence in (*GATEWAYS.values(), *BASES.values()))
    assert not set(GATEWAYS) & set(BASES)


def test_codes_that_nobody_knows_are_faults() -> None:
    unknown = ["gdpr-6-1-z"]
    (_, *faults) = _faults(Sensitivity.NONE, [*unknown, ORDINARY], unknown)
    assert faults == ["'gdpr-6-1-z' is not a known lawful basis"]
