"""Terms beside the fields: what changed is said, and whether a limit went."""

from typing import Any

import pytest

from builders import agreement_of, share_of
from concordat.agreements.comparison.compare import compare
from concordat.agreements.comparison.terms import TermChange
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency
from concordat_events.catalogue import CATALOGUE

Plain = dict[str, Any]

NAMES = ("police", "social-care", "womens-aid")
AGENCIES = {
    name: Agency.model_validate(
        {"schema": "concordat/agency/v1", "id": name, "name": name, "controller": "board"}
    )
    for name in NAMES
}
LAW = {"gateway": "ca2004-s11", "publisher_basis": ["p"], "recipient_basis": ["r", "s"]}


def _agreement(**changes: Any) -> Agreement:
    return agreement_of(**{"laws": {"protect": LAW}, **changes})


def _party(**changes: Any) -> Plain:
    receiver = {"acts_as": "controller", "keep_days": 90, **changes}
    others = {name: {"acts_as": "controller", "keep_days": 365} for name in NAMES}
    return {"parties": {**others, "social-care": receiver}}


def _terms(old: Plain, new: Plain) -> list[TermChange]:
    return list(compare(_agreement(**old), _agreement(**new), CATALOGUE, AGENCIES).terms)


def test_nothing_changed_is_nothing_said() -> None:
    assert _terms({}, {}) == []


@pytest.mark.parametrize(
    ("old", "new", "said", "looser"),
    [
        (_party(), _party(keep_days=365), "social-care: keeps (days): 90 -> 365", True),
        (_party(), _party(keep_days=30), "social-care: keeps (days): 90 -> 30", False),
        (_party(), _party(onward="ask"), "social-care: onward sharing: none -> ask", True),
        (
            _party(onward="allowed"),
            _party(onward="ask"),
            "social-care: onward sharing: allowed -> ask",
            False,
        ),
        (
            _party(acts_as="joint-controller"),
            _party(),
            "social-care: acts as: joint-controller -> controller",
            True,
        ),
        (
            _party(),
            _party(acts_as="joint-controller"),
            "social-care: acts as: controller -> joint-controller",
            False,
        ),
        (
            _party(),
            _party(direct=True),
            "social-care: deliveries: only in the inbox -> also to its own Kafka topic",
            True,
        ),
        (
            {"effective": {"from": "2026-01-01", "until": "2027-12-31"}},
            {"effective": {"from": "2026-01-01", "until": "2028-12-31"}},
            "the agreement: in force until: 2027-12-31 -> 2028-12-31",
            True,
        ),
        (
            {"effective": {"from": "2026-01-01", "until": "2027-12-31"}},
            {"effective": {"from": "2026-02-01", "until": "2027-12-31"}},
            "the agreement: in force from: 2026-01-01 -> 2026-02-01",
            False,
        ),
        (
            {"purpose": "Protect adults."},
            {"purpose": "Protect children."},
            "the agreement: purpose: Protect adults. -> Protect children.",
            False,
        ),
        (
            {"shares": [share_of(requires=["womens-aid"])]},
            {"shares": [share_of()]},
            "share all-crimes: also needs the signature of: no longer womens-aid",
            True,
        ),
        (
            {"shares": [share_of()]},
            {"shares": [share_of(requires=["womens-aid"])]},
            "share all-crimes: also needs the signature of: now womens-aid",
            False,
        ),
        (
            {"shares": [share_of(collect_within_hours=4)]},
            {"shares": [share_of(collect_within_hours=24)]},
            "share all-crimes: collect within (hours): 4 -> 24",
            True,
        ),
        (
            {"shares": [share_of(because="One reason.")]},
            {"shares": [share_of(because="Another reason.")]},
            "share all-crimes: because: One reason. -> Another reason.",
            False,
        ),
        (
            {"undertakings": {"womens-aid": ["Leave no message."]}},
            {},
            "womens-aid: undertakes: no longer Leave no message.",
            True,
        ),
        (
            {},
            {"undertakings": {"womens-aid": ["Leave no message."]}},
            "womens-aid: undertakes: now Leave no message.",
            False,
        ),
        (
            {"shares": [share_of()]},
            {"shares": [share_of(when=[{"field": "district", "is": "Redditch"}])]},
            "social-care, from police, community-safety.crime-recorded.v1: "
            "a delivery tells something of: now district",
            True,
        ),
    ],
)
def test_one_term(old: Plain, new: Plain, said: str, looser: bool) -> None:
    assert [(str(each), each.looser) for each in _terms(old, new)] == [(said, looser)]


def test_a_party_that_comes_and_one_that_goes() -> None:
    two = {name: {"acts_as": "controller", "keep_days": 9} for name in NAMES[:2]}
    three = {name: {"acts_as": "controller", "keep_days": 9} for name in NAMES}
    assert [str(each) for each in _terms({"parties": two}, {"parties": three})] == [
        "womens-aid: is: now a party"
    ]
    assert [str(each) for each in _terms({"parties": three}, {"parties": two})] == [
        "womens-aid: is: no longer a party"
    ]


def test_another_gateway_of_the_same_law_is_told_per_recipient() -> None:
    new = {"laws": {"protect": {**LAW, "gateway": "common-law"}}}
    assert [str(each) for each in _terms({}, new)] == [
        "social-care: receives under: no longer protect (ca2004-s11; publisher p; recipient r, s)",
        "social-care: receives under: now protect (common-law; publisher p; recipient r, s)",
    ]


def test_a_share_under_another_law_is_told_of_the_share_and_of_the_recipient() -> None:
    laws = {"laws": {"protect": LAW, "support": {**LAW, "gateway": "common-law"}}}
    new = {**laws, "shares": [share_of(law="support")]}
    assert [str(each) for each in _terms(laws, new)] == [
        "share all-crimes: law: protect -> support",
        "social-care: receives under: no longer protect (ca2004-s11; publisher p; recipient r, s)",
        "social-care: receives under: now support (common-law; publisher p; recipient r, s)",
    ]


def test_shares_that_come_and_go_by_name() -> None:
    old, new = {"shares": [share_of(id="first")]}, {"shares": [share_of(id="second")]}
    assert [str(each) for each in _terms(old, new)] == [
        "share first: stands: no longer in the agreement",
        "share second: stands: now in the agreement",
    ]
