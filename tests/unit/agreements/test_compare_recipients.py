"""Whom a new agreement reaches: groups, identifiers, several publishers."""

import pytest

from comparing import (
    AGENCIES,
    BY_GSS,
    BY_URN,
    GROUPS,
    PARTIES,
    agreement,
    comparison,
    rows_of,
    share,
    verdicts_of,
)
from concordat.agreements.comparison.change import Example, Verdict
from concordat.agreements.comparison.compare import compare
from concordat_events.catalogue import CATALOGUE


def test_a_group_is_its_members() -> None:
    named = agreement(share(to=["social-care", "womens-aid"]))
    grouped = agreement(share(to=["@carers"]))
    assert set(verdicts_of(named, grouped).values()) == {"SAME"}
    joined = agreement(
        share(to=["@carers"]), groups={**GROUPS, "carers": [*PARTIES[1:3], "oak-school"]}
    )
    assert {key for key, verdict in verdicts_of(grouped, joined).items() if verdict == "NEW"} == {
        ("oak-school", None),
        ("oak-school", "ref"),
    }


def test_a_recipient_by_identifier_gets_only_what_names_it() -> None:
    named = agreement(share(to=["oak-school"]))
    picked = agreement(share(to=[BY_URN]))
    assert verdicts_of(named, picked) == {
        ("oak-school", None): "NARROWER",
        ("oak-school", "ref"): "NARROWER",
    }
    row = rows_of(picked, named)["oak-school", "ref"]
    assert (row.verdict, row.gained) == (Verdict.WIDER, Example({"relationship": "another value"}))


def test_who_has_no_such_identifier_is_never_reached() -> None:
    assert {recipient for recipient, _ in rows_of(None, agreement(share(to=[BY_URN])))} == {
        "oak-school"
    }


def test_an_identifier_written_out_as_a_condition_is_the_same() -> None:
    written = agreement(share(to=["oak-school"], when=[{"field": "relationship", "is": "100001"}]))
    assert set(verdicts_of(agreement(share(to=[BY_URN])), written).values()) == {"SAME"}


def test_any_of_several_identifiers_may_pick() -> None:
    one, both = agreement(share(to=[BY_URN])), agreement(share(to=[BY_URN, BY_GSS]))
    assert set(verdicts_of(one, both).values()) == {"WIDER"}
    assert set(verdicts_of(both, one).values()) == {"NARROWER"}
    outright = agreement(share(to=[BY_URN, "oak-school"]))
    assert verdicts_of(outright, agreement(share(to=["oak-school"])))["oak-school", "ref"] == "SAME"


def test_nobody_receives_from_itself() -> None:
    own = agreement(share(**{"from": ["police", "social-care"]}))
    assert {row.ends.publisher for row in comparison(None, own).changes} == {"police"}


def test_every_publisher_is_a_row() -> None:
    new = agreement(share(**{"from": ["police", "probation"]}))
    changes = comparison(agreement(share()), new).changes
    assert [(row.ends.publisher, row.field, row.verdict) for row in changes] == [
        ("police", None, "SAME"),
        ("police", "ref", "SAME"),
        ("probation", None, "NEW"),
        ("probation", "ref", "NEW"),
    ]


def test_an_agency_that_is_addressed_but_not_known_is_an_error() -> None:
    known = {name: agency for name, agency in AGENCIES.items() if name != "ash-school"}
    with pytest.raises(KeyError):
        compare(None, agreement(share(to=[BY_URN])), CATALOGUE, known)
