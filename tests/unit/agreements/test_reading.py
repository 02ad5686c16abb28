"""Reading an agreement: strict, and every fault found at once, each with its place."""

from pathlib import Path

import pytest

from concordat.agreements.checking.reading import (
    Reading,
    read_agency,
    read_agreement,
    read_controller,
)
from concordat.agreements.parties import Agency, Controller

TEXT = Path(__file__).with_name("sample.yaml").read_text()


def _faults(text: str) -> list[tuple[int, str]]:
    reading = read_agreement(text, name="a.yaml")
    assert (reading.document is None) == bool(reading.faults)
    return [(fault.line, fault.message) for fault in reading.faults]


def _changed(old: str, new: str) -> str:
    assert TEXT.count(old) >= 1, old
    return TEXT.replace(old, new, 1)


def test_the_example_is_read_without_a_fault() -> None:
    reading = read_agreement(TEXT, name="a.yaml")
    assert reading.faults == ()
    assert reading.document is not None
    assert reading.document.version == 3
    children, idva = reading.document.shares
    assert reading.document.recipients(idva) == ("womens-aid",)
    assert reading.document.sent(idva) == {"grade", "safe_contact.window"}
    assert reading.document.sent(children) == {
        "grade",
        "occurred_at",
        "victim.ref",
        "victim.name",
        "children[].name",
    }


def test_every_fault_of_every_kind_is_found_in_one_reading() -> None:
    text = TEXT.replace("version: 3", "version: 010")
    text = text.replace("onward: ask", "onward: maybe, x: 1")
    text = text.replace("review_by: 2027-12-31\n", "")
    assert sorted({(line, "010" in told) for line, told in _faults(text)}) == [
        (1, False),
        (3, False),
        (3, True),
        (12, False),
    ]
    assert len([line for line, _ in _faults(text) if line == 12]) == 2


def test_every_fault_between_the_parts_is_found_in_one_reading() -> None:
    text = TEXT.replace("law: protect", "law: attack").replace("is: high", "is: severe")
    text = text.replace("[narrative]", "[occurred_at]").replace("to: [social-care]", "to: [army]")
    assert sorted(line for line, _ in _faults(text)) == [26, 30, 31, 38, 43]


def test_a_fault_prints_as_a_compiler_prints_it() -> None:
    (fault,) = read_agreement(_changed("version: 3", "version: 0"), name="x/a.yaml").faults
    assert str(fault).startswith("x/a.yaml:3:1: version: ")


def test_an_alias_is_a_fault_where_it_stands() -> None:
    text = _changed("to: [social-care]", "to: &t [social-care]").replace(
        'to: ["@idva-services"]', "to: *t"
    )
    assert (26, "repeats another place by an alias; write it out") in _faults(text)


@pytest.mark.parametrize(
    ("text", "phrase"),
    [
        ("", "exactly one document"),
        ("# nothing\n", "exactly one document"),
        ("a: 1\n---\na: 1\n", "exactly one document"),
        ("[]", "should be an object"),
        ("text", "should be an object"),
        ("a: [1", "is not YAML"),
        ("a:\n\tb: 1", "is not YAML"),
        ("a: *nobody", "is not YAML"),
        ("a: \x01", "not text"),
        ("&a [*a]", "alias"),
    ],
)
def test_what_is_no_agreement_at_all_is_told_too(text: str, phrase: str) -> None:
    assert any(phrase in message for _, message in _faults(text))


def test_numbers_dates_and_booleans_that_all_readers_agree_on_are_read() -> None:
    assert _faults(_changed("at_least: 1}", "at_least: 0}")) == []
    assert _faults(_changed("title: Domestic abuse incidents", 'title: "1:30"')) == []
    assert _faults(_changed("title: Domestic abuse incidents", "title: !!str 123")) == []
    assert _faults(_changed("from: 2026-01-01", 'from: "2026-01-01"')) == []


def _known(*agencies: str) -> dict[str, Agency]:
    return {
        name: Agency.model_validate(
            {"schema": "concordat/agency/v1", "id": name, "name": name, "controller": "council"}
        )
        for name in agencies
    }


def test_parties_and_operator_must_be_registered_where_the_register_is_known() -> None:
    council = Controller.model_validate(
        {"schema": "concordat/controller/v1", "id": "council", "name": "Council"}
    )
    reading = read_agreement(
        TEXT, name="a", agencies=_known("police", "social-care"), controllers={}
    )
    assert [(fault.line, fault.message) for fault in reading.faults] == [
        (10, "'council' is not a controller"),
        (14, "'womens-aid' is not a registered agency"),
    ]
    known = _known("police", "social-care", "womens-aid")
    assert not read_agreement(
        TEXT, name="a", agencies=known, controllers={"council": council}
    ).faults


CONTROLLER = """\
schema: concordat/controller/v1
id: council
name: The Council
keys:
  - {kid: council-1, x: 11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo, valid_from: 2026-01-01}
"""
AGENCY = """\
schema: concordat/agency/v1
id: social-care
name: Social care
controller: council
identifiers: {gss: E10000034}
"""


def _lines(reading: Reading[Controller] | Reading[Agency]) -> list[int]:
    assert (reading.document is None) == bool(reading.faults)
    return [fault.line for fault in reading.faults]


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("", "", []),
        ("kid: council-1", "kid: ''", [5]),
        ("valid_from: 2026-01-01", "valid_from: soon", [5]),
        ("x: 11q", "d: secret, x: 11q", [5]),
        ("HURo", "HUR", [5]),
        ("name: The Council", "name: The Council\nemail: a@b", [4]),
        ("id: council", "id: The Council", [2]),
    ],
)
def test_a_controller_is_read_as_strictly(old: str, new: str, lines: list[int]) -> None:
    assert _lines(read_controller(CONTROLLER.replace(old, new, 1), name="c")) == lines


@pytest.mark.parametrize(
    ("old", "new", "lines"),
    [
        ("", "", []),
        ("gss: E10000034", "ngs: E1", [5]),
        ("controller: council", "", [1]),
        ("id: social-care", "id: social_care", [2]),
    ],
)
def test_an_agency_is_read_as_strictly(old: str, new: str, lines: list[int]) -> None:
    assert _lines(read_agency(AGENCY.replace(old, new, 1), name="c")) == lines
