"""An explanation says what the decision says, and every step on the way to it; no value of it."""

import json
from dataclasses import asdict
from typing import Any

import msgspec
import pytest
from hypothesis import given

from builders import NOW, Exchange, agreement_of, share_of
from concordat.agreements.book import Book
from concordat.agreements.day import london_day
from concordat.agreements.decide import decide
from concordat.agreements.document import Agreement
from concordat.agreements.explaining.explain import explain
from concordat.agreements.explaining.explanation import (
    AgreementConsidered,
    CandidateExplained,
    ConditionConsidered,
    Explanation,
    Identifier,
    ShareConsidered,
    Verdict,
)
from concordat.agreements.parties import Agency
from concordat.agreements.reason import RANK, Reason
from event_strategies import QUICK
from plain_register import unsigned
from strategies import Situation, situations

CRIME = "community-safety.crime-recorded.v1"
EVENT = {"category": "drugs", "month": "2025-12", "district": "Redditch"}


def _book(*agreements: Agreement) -> Book:
    exchange = Exchange()
    for agreement in agreements:
        exchange.add(agreement)
    return exchange.book


def _explain(
    book: Book, *, denied: str = "", publisher: str = "police", **data: Any
) -> Explanation:
    content = json.dumps({**EVENT, **data}).encode()
    return explain(book, CRIME, publisher, content, frozenset(denied.split(",")), NOW)


def _only_candidate(explanation: Explanation) -> CandidateExplained:
    (candidate,) = explanation.candidates
    return candidate


def _is(field: str, value: Any) -> dict[str, Any]:
    return {"field": field, "is": value}


def test_a_delivery_is_told_with_the_fields_sent_and_withheld() -> None:
    candidate = _only_candidate(_explain(_book(agreement_of())))
    assert (candidate.agency, candidate.outcome) == ("social-care", "shared")
    (delivery,) = candidate.deliveries
    assert (delivery.agreement, delivery.version, delivery.law) == ("test-agreement", 1, "protect")
    assert delivery.shares == ("all-crimes",)
    assert delivery.fields == ("category", "month")
    assert "district" in delivery.withheld
    assert set(delivery.withheld).isdisjoint(delivery.fields)
    assert delivery.sealed == ()


def test_sealed_fields_are_withheld_and_said_to_be_sealed() -> None:
    share = share_of(
        event="domestic-abuse.incident-recorded.v1",
        send=["grade", {"field": "victim.dob", "as": "year"}],
        sealed=["safe_contact.window"],
        reveals=[],
    )
    explanation = explain(
        _book(agreement_of(shares=[share])),
        "domestic-abuse.incident-recorded.v1",
        "police",
        b"{}",
        frozenset(),
        NOW,
    )
    (delivery,) = _only_candidate(explanation).deliveries
    assert delivery.fields == ("grade", "safe_contact.window", "victim.dob as year")
    # Sent coarsened, the field itself is withheld.
    assert "victim.dob" in delivery.withheld
    assert "safe_contact.method" in delivery.sealed
    assert "safe_contact.window" not in delivery.withheld
    assert set(delivery.sealed) < set(delivery.withheld)


def test_every_condition_is_told_in_order_and_the_first_that_fails() -> None:
    when = [
        _is("category", "drugs"),
        {"field": "district", "in": ["Wychavon", "Malvern Hills"]},
        _is("outcome", "charged"),
        {"field": "outcome", "present": True},
    ]
    candidate = _only_candidate(_explain(_book(agreement_of(shares=[share_of(when=when)]))))
    (agreement,) = candidate.agreements
    (share,) = agreement.shares
    assert share.conditions == (
        ConditionConsidered("category", "is", "drugs", Verdict.HOLDS),
        ConditionConsidered("district", "in", ["Wychavon", "Malvern Hills"], Verdict.DOES_NOT_HOLD),
        ConditionConsidered("outcome", "is", "charged", Verdict.FIELD_UNKNOWN),
        ConditionConsidered("outcome", "present", True, Verdict.DOES_NOT_HOLD),
    )
    assert (share.reason, share.field) == (Reason.CONDITION_FALSE, "district")
    assert share.because == Reason.CONDITION_FALSE.sentence
    assert share.sends == ("category", "month")
    assert (candidate.outcome, candidate.reason, candidate.field, candidate.share) == (
        "withheld",
        Reason.CONDITION_FALSE,
        "district",
        "all-crimes",
    )


def test_shares_that_fail_stand_beside_those_that_hold() -> None:
    shares = [share_of(), share_of(id="more", send=["district"], when=[_is("category", "x")])]
    candidate = _only_candidate(_explain(_book(agreement_of(shares=shares))))
    assert [(each.share, each.reason) for each in candidate.agreements[0].shares] == [
        ("all-crimes", None),
        ("more", Reason.CONDITION_FALSE),
    ]
    assert [each.shares for each in candidate.deliveries] == [("all-crimes",)]


def test_an_agreement_that_is_not_in_force_says_why_and_what_its_shares_would_have_said() -> None:
    exchange = Exchange()
    agreement = agreement_of(shares=[share_of(when=[_is("category", "drugs")])])
    exchange.add(agreement)
    exchange.notify(agreement, "council", "withdraw")
    candidate = _only_candidate(_explain(exchange.book))
    assert (candidate.outcome, candidate.reason) == ("withheld", Reason.WITHDRAWN)
    assert candidate.deliveries == ()
    (considered,) = candidate.agreements
    assert (considered.version, considered.reason) == (1, Reason.WITHDRAWN)
    (share,) = considered.shares
    assert (share.reason, share.conditions[0].verdict) == (None, Verdict.HOLDS)


def test_only_the_version_that_counts_is_considered() -> None:
    exchange = Exchange()
    exchange.add(agreement_of())
    exchange.add(agreement_of(version=2, shares=[share_of(to=["womens-aid"])]))
    told = {each.agency: each for each in _explain(exchange.book).candidates}
    assert told["womens-aid"].outcome == "shared"
    (considered,) = told["social-care"].agreements
    assert considered == AgreementConsidered(
        "test-agreement", 2, Reason.NOT_NAMED, Reason.NOT_NAMED.sentence, ()
    )
    assert (told["social-care"].reason, told["social-care"].version) == (Reason.NOT_NAMED, 2)


def test_a_version_that_nobody_signed_has_no_shares_to_consider() -> None:
    exchange = Exchange()
    exchange.add(agreement_of(), signed_by=[])
    (considered,) = _only_candidate(_explain(exchange.book)).agreements
    assert (considered.version, considered.shares) == (None, ())
    assert considered.reason is Reason.UNSIGNED_BY_PUBLISHER


def test_a_denied_agency_is_told_of_with_all_that_would_have_held() -> None:
    candidate = _only_candidate(_explain(_book(agreement_of()), denied="social-care"))
    assert (candidate.outcome, candidate.reason) == ("withheld", Reason.DENIED_BY_PUBLISHER)
    assert [share.reason for share in candidate.agreements[0].shares] == [None]


def test_a_third_partys_missing_word_comes_before_the_conditions() -> None:
    exchange = Exchange()
    share = share_of(requires=["womens-aid"], when=[_is("category", "x")])
    exchange.add(agreement_of(shares=[share]), signed_by=["police-authority", "council"])
    candidate = _only_candidate(_explain(exchange.book))
    (considered,) = candidate.agreements[0].shares
    assert (considered.reason, considered.field) == (Reason.UNSIGNED_BY_THIRD_PARTY, None)
    assert considered.conditions[0].verdict is Verdict.DOES_NOT_HOLD
    assert (candidate.reason, candidate.share) == (Reason.UNSIGNED_BY_THIRD_PARTY, "all-crimes")


def _exchange_with_identifiers() -> Exchange:
    exchange = Exchange({"police-authority": ["police"], "council": ["social-care"]})
    for name, gss in (
        ("redditch-desk", "Redditch"),
        ("wychavon-desk", "Wychavon"),
        ("other", None),
    ):
        record = Agency.model_validate(
            {
                "schema": "concordat/agency/v1",
                "id": name,
                "name": name,
                "controller": "council",
                "identifiers": {"gss": gss},
            }
        )
        exchange.write(f"agency/{name}", record.model_dump_json())
    return exchange


def test_an_address_is_told_by_its_identifier_and_asked_before_the_conditions() -> None:
    exchange = _exchange_with_identifiers()
    desks = ["redditch-desk", "wychavon-desk"]
    agreement = agreement_of(
        parties={name: {"acts_as": "controller", "keep_days": 30} for name in ("police", *desks)},
        groups={"desks": desks},
        shares=[
            share_of(
                to=[{"group": "desks", "whose": "gss", "is": "district"}],
                when=[_is("category", "x")],
            )
        ],
    )
    exchange.add(agreement)
    assert exchange.keeper.register.refused == []

    def told(**data: Any) -> dict[str, ShareConsidered]:
        candidates = _explain(exchange.book, **data).candidates
        return {each.agency: each.agreements[0].shares[0] for each in candidates}

    shares = told()
    verdicts = {name: share.address and share.address.verdict for name, share in shares.items()}
    assert verdicts == {
        "redditch-desk": Verdict.HOLDS,
        "wychavon-desk": Verdict.DOES_NOT_HOLD,
    }
    address = shares["wychavon-desk"].address
    assert address is not None
    assert address.identifiers == (Identifier("desks", "gss", "district"),)
    reasons = {name: (share.reason, share.field) for name, share in shares.items()}
    assert reasons == {
        "redditch-desk": (Reason.CONDITION_FALSE, "category"),
        "wychavon-desk": (Reason.NOT_ADDRESSED, "district"),
    }
    unknown = told(district=None)["redditch-desk"]
    assert (unknown.reason, unknown.field) == (Reason.FIELD_UNKNOWN, "district")


def test_who_is_named_nowhere_is_no_candidate_and_nobody_is_sent_its_own_event() -> None:
    book = _book(agreement_of(shares=[share_of(to=["police", "social-care"])]))
    assert [each.agency for each in _explain(book).candidates] == ["social-care"]
    assert _explain(book, publisher="womens-aid").candidates == ()


def test_it_says_when_and_under_which_register_it_was_decided() -> None:
    book = _book(agreement_of())
    explanation = _explain(book)
    assert (explanation.at, explanation.register_offset) == (NOW, book.register_offset)


def test_data_of_another_type_cannot_be_explained() -> None:
    with pytest.raises(msgspec.DecodeError):
        _explain(_book(agreement_of(shares=[share_of(when=[_is("category", "x")])])), category=[])


@pytest.mark.timeout(300)
def test_what_is_considered_leads_to_the_decision_in_every_drawn_situation() -> None:
    outcomes: set[str] = set()

    @QUICK
    @given(situations())
    def leads(situation: Situation) -> None:
        book = Book(unsigned(situation.register))
        for event in situation.events:
            outcomes.update(_check(book, situation, event))

    leads()
    assert {"shared", "DENIED_BY_PUBLISHER", "CONDITION_FALSE", "FIELD_UNKNOWN"} <= outcomes


def _check(book: Book, situation: Situation, event: dict[str, Any]) -> set[str]:
    """Follow from the listing alone what must have been decided; compare it with the decision."""
    publisher, data = event["source"][2:], json.dumps(event["data"]).encode()
    denied = frozenset((event.get("withholdfrom") or "").split(","))
    told = explain(book, event["type"], publisher, data, denied, situation.now)
    plan = book.plan(event["type"], publisher, london_day(situation.now))
    decision = decide(plan, data, denied)
    grants = {
        (each.agency, each.agreement, each.version, each.law, frozenset(each.shares)): frozenset(
            each.view.fields
        )
        for each in decision.grants
    }
    expected: dict[Any, frozenset[str]] = {}
    for candidate in told.candidates:
        if candidate.agency not in denied:
            expected |= _implied(candidate)
    assert expected == grants
    withheld = {each.agency: each for each in decision.withheld}
    assert {each.agency for each in told.candidates} == {
        *(key[0] for key in grants),
        *withheld,
    }
    for candidate in told.candidates:
        if candidate.agency in denied:
            assert candidate.reason is Reason.DENIED_BY_PUBLISHER
        elif candidate.outcome == "withheld":
            assert candidate.reason is _nearest(candidate)
            assert candidate.reason is withheld[candidate.agency].reason
    return {str(each.reason or each.outcome) for each in told.candidates}


def _implied(candidate: CandidateExplained) -> dict[Any, frozenset[str]]:
    implied: dict[Any, frozenset[str]] = {}
    for each in candidate.agreements:
        held = [share for share in each.shares if share.reason is None and each.reason is None]
        for law in {share.law for share in held}:
            ours = [share for share in held if share.law == law]
            key = (
                candidate.agency,
                each.agreement,
                each.version,
                law,
                frozenset(share.share for share in ours),
            )
            implied[key] = frozenset(name for share in ours for name in share.sends)
    return implied


def _nearest(candidate: CandidateExplained) -> Reason:
    reasons = [each.reason for each in candidate.agreements if each.reason]
    reasons += [
        share.reason
        for each in candidate.agreements
        if each.reason is None
        for share in each.shares
        if share.reason
    ]
    return min(reasons, key=RANK.__getitem__)


def test_no_value_of_the_event_is_repeated() -> None:
    when = [_is("category", "burglary"), {"field": "outcome", "present": True}]
    shares = [share_of(when=when), share_of(id="held", send=["district"])]
    told = _explain(_book(agreement_of(shares=shares)), district="Zq7Token", outcome="Zq8Token")
    assert told.candidates[0].outcome == "shared"
    assert "Token" not in str(asdict(told))
