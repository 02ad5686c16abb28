"""Recipients by registered identifier: the member of a group whom a field of the event names."""

import json
from typing import Any

import pytest

from builders import BASIS, NOW, agreement_of, share_of
from concordat.agreements.book import Book
from concordat.agreements.checking.checks import check_agreement
from concordat.agreements.checking.world import World
from concordat.agreements.day import london_day
from concordat.agreements.decide import decide
from concordat.agreements.decision import Decision
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency
from concordat.agreements.reason import Reason
from concordat.agreements.rehearsing.assumed import assume_signed
from concordat_events.catalogue import CATALOGUE

SCREENED = "child-exploitation.concern-screened.v1"
BY_URN = {"group": "schools", "whose": "urn", "is": "child.school_urn"}
IDENTIFIERS: dict[str, dict[str, str]] = {
    "police": {},
    "hill-school": {"urn": "100001", "ods": "100003"},
    "lake-school": {"urn": "100002", "gss": "100001"},
    "social-care": {"gss": "E10000034"},
}


def _agency(name: str, identifiers: dict[str, str]) -> Agency:
    content = {
        "schema": "concordat/agency/v1",
        "id": name,
        "name": name,
        "controller": f"of-{name}",
    }
    return Agency.model_validate({**content, "identifiers": identifiers or None})


AGENCIES = {name: _agency(name, own) for name, own in IDENTIFIERS.items()}


def _agreement(*to: Any, **changes: Any) -> Agreement:
    law = {"gateway": "ca2004-s11", "publisher_basis": BASIS, "recipient_basis": BASIS}
    share = share_of(id="to-school", to=list(to), event=SCREENED, send=["level"], **changes)
    return agreement_of(
        parties={name: {"acts_as": "controller", "keep_days": 30} for name in IDENTIFIERS},
        groups={"schools": ["hill-school", "lake-school"], "care": ["social-care"]},
        laws={"protect": law},
        shares=[share],
    )


def _decide(agreement: Agreement, **data: Any) -> Decision:
    book = Book(assume_signed([agreement], agencies=AGENCIES))
    content = {"level": "high", **data}
    plan = book.plan(SCREENED, "police", london_day(NOW))
    return decide(plan, json.dumps(content).encode(), frozenset())


def _said(decision: Decision) -> dict[str, Any]:
    """Per candidate: None when it is granted something, else reason and field."""
    told: dict[str, Any] = {each.agency: (each.reason, each.field) for each in decision.withheld}
    assert not told.keys() & {grant.agency for grant in decision.grants}
    return told | {grant.agency: None for grant in decision.grants}


NOT_ADDRESSED = (Reason.NOT_ADDRESSED, "child.school_urn")
UNKNOWN = (Reason.FIELD_UNKNOWN, "child.school_urn")


@pytest.mark.parametrize(
    ("urn", "hill", "lake"),
    [
        ("100001", None, NOT_ADDRESSED),
        ("100002", NOT_ADDRESSED, None),
        ("100003", NOT_ADDRESSED, NOT_ADDRESSED),  # somebody's other identifier
        ("100009", NOT_ADDRESSED, NOT_ADDRESSED),
        ("", NOT_ADDRESSED, NOT_ADDRESSED),
        ("10000", NOT_ADDRESSED, NOT_ADDRESSED),
        ("1000011", NOT_ADDRESSED, NOT_ADDRESSED),
        (None, UNKNOWN, UNKNOWN),
    ],
)
def test_the_event_picks_one_member_or_none(urn: str | None, hill: Any, lake: Any) -> None:
    decision = _decide(_agreement(BY_URN), child={"school_urn": urn})
    assert _said(decision) == {"hill-school": hill, "lake-school": lake}
    for each in decision.withheld:
        assert (each.agreement, each.version, each.share) == ("test-agreement", 1, "to-school")


@pytest.mark.parametrize("data", [{}, {"child": None}, {"child": {}}, {"child": {"ref": "c-1"}}])
def test_an_event_that_does_not_say_picks_nobody(data: dict[str, Any]) -> None:
    assert _said(_decide(_agreement(BY_URN), **data)) == {
        "hill-school": UNKNOWN,
        "lake-school": UNKNOWN,
    }


def test_a_member_without_the_identifier_is_never_picked_and_such_an_agreement_is_at_fault() -> (
    None
):
    agreement = _agreement({"group": "care", "whose": "urn", "is": "child.school_urn"})
    for urn in ("100001", "E10000034", "", "None", None):
        assert _decide(agreement, child={"school_urn": urn}).grants == []
    (fault,) = check_agreement(agreement, World(CATALOGUE, AGENCIES))
    assert "'social-care' has no registered urn" in fault.message
    assert check_agreement(_agreement(BY_URN), World(CATALOGUE, AGENCIES)) == []


def test_a_member_that_nobody_registered_is_never_picked() -> None:
    book = Book(assume_signed([_agreement(BY_URN)]))
    plan = book.plan(SCREENED, "police", london_day(NOW))
    for urn in ("100001", None):
        data = json.dumps({"child": {"school_urn": urn}}).encode()
        assert decide(plan, data, frozenset()).grants == []


def test_the_kind_of_identifier_counts() -> None:
    by_gss = {"group": "schools", "whose": "gss", "is": "child.school_urn"}
    # 100001 is the hill school's URN and, here, the lake school's GSS code.
    said = _said(_decide(_agreement(by_gss), child={"school_urn": "100001"}))
    assert said == {"hill-school": NOT_ADDRESSED, "lake-school": None}


def test_any_alternative_is_enough_and_the_first_is_told() -> None:
    district = {"group": "schools", "whose": "urn", "is": "location.district"}
    agreement = _agreement(BY_URN, district)
    told = (Reason.NOT_ADDRESSED, "child.school_urn")
    cases: list[tuple[str | None, str | None, set[str], Any]] = [
        ("100001", "100002", {"hill-school", "lake-school"}, None),
        ("100001", None, {"hill-school"}, told),
        (None, "100002", {"lake-school"}, told),
        ("100009", "100001", {"hill-school"}, told),
        ("100009", None, set(), told),
        (None, None, set(), UNKNOWN),
    ]
    for urn, place, granted, otherwise in cases:
        decision = _decide(agreement, child={"school_urn": urn}, location={"district": place})
        assert {grant.agency for grant in decision.grants} == granted, (urn, place)
        assert all((each.reason, each.field) == otherwise for each in decision.withheld)


@pytest.mark.parametrize("outright", ["hill-school", "@schools"])
def test_who_is_also_named_outright_needs_no_field(outright: str) -> None:
    for to in ([outright, BY_URN], [BY_URN, outright]):
        for urn in ("100001", "100009", None):
            said = _said(_decide(_agreement(*to), child={"school_urn": urn}))
            assert said["hill-school"] is None


def test_conditions_are_asked_as_well() -> None:
    agreement = _agreement(BY_URN, when=[{"field": "level", "is": "high"}])
    assert _said(_decide(agreement, child={"school_urn": "100001"}))["hill-school"] is None
    said = _said(_decide(agreement, level="low", child={"school_urn": "100001"}))
    # Who is not meant hears that, whatever the conditions say of the event.
    assert said == {"hill-school": (Reason.CONDITION_FALSE, "level"), "lake-school": NOT_ADDRESSED}


def test_a_publisher_that_is_a_member_delivers_nothing_to_itself() -> None:
    book = Book(assume_signed([_agreement(BY_URN, **{"from": ["hill-school"]})], agencies=AGENCIES))
    plan = book.plan(SCREENED, "hill-school", london_day(NOW))
    decision = decide(plan, b'{"child":{"school_urn":"100001"}}', frozenset())
    assert _said(decision) == {"lake-school": NOT_ADDRESSED}


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("child", "not a single field"),
        ("child.colour", "not a field"),
        ("indicators", "not one text"),
        ("child.dob", "not one text"),
        ("level", "not one text"),
        ("child.looked_after", "not one text"),
    ],
)
def test_the_field_must_be_one_text(path: str, message: str) -> None:
    agreement = _agreement({"group": "schools", "whose": "urn", "is": path})
    (fault,) = check_agreement(agreement, World(CATALOGUE, AGENCIES))
    assert message in fault.message
