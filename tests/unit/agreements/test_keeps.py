"""Whether what is unread under an old version may be read under a new one: false when in doubt."""

from collections.abc import Sequence
from typing import Any

import pytest

from builders import agreement_of, share_of
from concordat.agreements.comparison.keeps import keeps
from concordat.agreements.comparison.reach import Ends
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency
from concordat_events.catalogue import CATALOGUE

Plain = dict[str, Any]

INCIDENT = "domestic-abuse.incident-recorded.v1"
ENDS = Ends(INCIDENT, "police", "social-care")
HIGH = {"field": "grade", "is": "high"}
MEDIUM = {"field": "grade", "is": "medium"}
CHILD = {"field": "child_count", "at_least": 1}
AGENCIES = {
    name: Agency.model_validate(
        {
            "schema": "concordat/agency/v1",
            "id": name,
            "name": name,
            "controller": "board",
            "identifiers": {"urn": "100001"} if name == "social-care" else None,
        }
    )
    for name in ("police", "social-care", "womens-aid")
}


def _share(share_id: Any = "a", **changes: Any) -> Plain:
    return share_of(**{"id": share_id, "event": INCIDENT, "send": ["ref"], **changes})


def _agreement(*shares: Plain, **changes: Any) -> Agreement:
    return agreement_of(**{"shares": list(shares), **changes})


def _keeps(
    old: Agreement, new: Agreement, shares: Sequence[str] = ("a",), ends: Ends = ENDS, **more: Any
) -> bool:
    return keeps(old, new, shares, ends, CATALOGUE, AGENCIES, **more)


@pytest.mark.parametrize(
    ("old", "new", "kept"),
    [
        ([_share()], [_share()], True),
        ([_share()], [_share("renamed")], True),
        ([_share(when=[HIGH])], [_share()], True),
        ([_share()], [_share(when=[HIGH])], False),
        ([_share(when=[HIGH])], [_share(when=[MEDIUM])], False),
        ([_share(send=["ref", "grade"])], [_share(send=["ref"])], False),
        ([_share(send=["ref"])], [_share(send=["ref", "grade"])], True),
        ([_share(send=["ref", "grade"])], [_share(), _share("b", send=["grade"])], True),
        # a signal must still be one
        ([_share(send=[])], [_share(send=[])], True),
        ([_share(send=[])], [_share(send=[], when=[HIGH])], False),
        ([_share(send=[])], [_share(to=["womens-aid"])], False),
        ([_share()], [_share(to=["womens-aid"])], False),
        ([_share()], [_share(**{"from": ["womens-aid"]})], False),
        # by name, not by what it tells
        (
            [_share(send=[{"field": "victim.dob", "as": "year"}])],
            [_share(send=["victim.dob"])],
            False,
        ),
        ([_share(law="protect")], [_share(law="support")], True),
    ],
)
def test_all_of_it_must_certainly_be_sent_again(
    old: list[Plain], new: list[Plain], kept: bool
) -> None:
    law = {"gateway": "common-law", "publisher_basis": ["p"], "recipient_basis": ["r"]}
    laws = {"laws": {"protect": law, "support": law}}
    assert _keeps(_agreement(*old, **laws), _agreement(*new, **laws)) is kept


def test_all_the_shares_of_the_delivery_held_together() -> None:
    old = _agreement(_share("a", when=[HIGH]), _share("b", when=[CHILD], send=["grade"]))
    new = _agreement(_share("c", when=[HIGH, CHILD], send=["ref", "grade"]))
    assert _keeps(old, new, ("a", "b")) is True
    assert _keeps(old, new, ("a",)) is False
    assert _keeps(old, new, ("b",)) is False


def test_never_send_of_the_new_version_counts() -> None:
    old = _agreement(_share(send=["ref", "narrative"]))
    assert _keeps(old, _agreement(_share(send=["ref", "narrative"]))) is True
    assert (
        _keeps(old, _agreement(_share(send=["ref", "narrative"]), never_send=["narrative"]))
        is False
    )


def test_a_third_signature_counts_only_when_it_is_known() -> None:
    old, new = _agreement(_share()), _agreement(_share(requires=["womens-aid"]))
    assert _keeps(old, new) is False
    assert _keeps(old, new, signed={"police"}) is False
    assert _keeps(old, new, signed={"police", "womens-aid"}) is True
    # Whoever had signed the old version has not thereby signed the new one.
    assert _keeps(new, new) is False
    assert _keeps(new, old) is True


def test_a_recipient_by_identifier() -> None:
    picked: Plain = {"group": "carers", "whose": "urn", "is": "relationship"}
    groups: Plain = {"groups": {"carers": ["social-care", "womens-aid"]}}
    named, by_urn = _agreement(_share(), **groups), _agreement(_share(to=[picked]), **groups)
    assert _keeps(by_urn, named) is True
    assert _keeps(by_urn, by_urn) is True
    assert _keeps(named, by_urn) is False
    never_reached = Ends(INCIDENT, "police", "womens-aid")
    assert _keeps(by_urn, named, ends=never_reached) is False


@pytest.mark.parametrize(
    ("shares", "ends"),
    [
        ((), ENDS),
        (("unknown",), ENDS),
        (("a", "unknown"), ENDS),
        (("a",), Ends(INCIDENT, "police", "womens-aid")),
        (("a",), Ends(INCIDENT, "womens-aid", "social-care")),
        (("a",), Ends("community-safety.crime-recorded.v1", "police", "social-care")),
        (("a",), Ends("test.unpublished.v1", "police", "social-care")),
    ],
)
def test_what_the_old_version_never_sent_is_in_doubt(shares: tuple[str, ...], ends: Ends) -> None:
    same = _agreement(_share())
    assert _keeps(same, same) is True
    assert _keeps(same, same, shares, ends) is False


def test_what_contradicts_itself_was_never_sent() -> None:
    contradictory = _agreement(_share(when=[HIGH, MEDIUM]))
    assert _keeps(contradictory, _agreement(_share())) is False


def test_an_agency_that_is_not_known_is_in_doubt() -> None:
    same = _agreement(_share())
    known = {name: agency for name, agency in AGENCIES.items() if name != "womens-aid"}
    assert keeps(same, same, ("a",), ENDS, CATALOGUE, known) is False
