"""MARAC: a referral reaches the coordinator's desk, and never the perpetrator-facing one."""

import json

import pytest

from concordat.agreements.book import Book
from concordat.agreements.reason import Reason
from contract.agreement_rules import recipients_of, sends_to, ways_to
from contract.demonstration import changed, data_of, decide, delivery_to, example, reasons, received
from contract.examples import Example, valid_examples
from contract.folder import agreement, contracts

REFERRAL = "domestic-abuse.marac-referral-submitted.v1"
AGREEMENT = "worcestershire-marac"
COORDINATOR, PERPETRATOR_DESK = "marac-coordinator", "perpetrator-programme"
CONTROLLER = "foxglimmer-family-safety"
REFERRING = (
    *("west-mercia-police", "childrens-social-care", "adult-social-care"),
    *("worcestershire-health", "worcestershire-acute-hospitals"),
)


def test_one_controller_stands_behind_both_desks() -> None:
    desks = [each.id for each in contracts().agencies.values() if each.controller == CONTROLLER]
    assert sorted(desks) == [COORDINATOR, PERPETRATOR_DESK]


@pytest.mark.parametrize("publisher", REFERRING)
def test_a_referral_reaches_the_coordinator_and_nobody_else(book: Book, publisher: str) -> None:
    referral = changed(example(REFERRAL, "valid-every-field"), "/source", f"//{publisher}")
    routed = decide(referral, book)
    assert received(routed) == {(COORDINATOR, "refer-victim", "referral,which-conference")}
    assert routed.withheld == []


def test_a_charity_refers_only_with_consent(book: Book) -> None:
    referral = example(REFERRAL, "valid-from-a-charity-with-consent")
    assert received(decide(referral, book)) == {
        (COORDINATOR, "refer-victim-as-a-charity", "referral-with-consent")
    }
    without = decide(changed(referral, "consent_basis", "risk_without_consent"), book)
    assert reasons(without) == {COORDINATOR: Reason.CONDITION_FALSE}


def test_no_agreement_has_a_way_to_the_perpetrator_facing_desk() -> None:
    assert ways_to(contracts().agreements, PERPETRATOR_DESK) == []
    assert [each.id for each in contracts().agreements if PERPETRATOR_DESK in each.parties] == []
    assert recipients_of(contracts().agreements, REFERRAL) == {COORDINATOR}


@pytest.mark.parametrize("published", valid_examples(), ids=str)
def test_no_event_of_any_kind_is_even_considered_for_that_desk(
    book: Book, published: Example
) -> None:
    routed = decide(published.value, book)
    shared, withheld = ({each.agency for each in routed.shared}, reasons(routed))
    assert PERPETRATOR_DESK not in shared | withheld.keys()


def test_the_coordinator_reads_whom_the_victim_trusts_and_no_address(book: Book) -> None:
    referral = example(REFERRAL, "valid-every-field")
    shared = delivery_to(COORDINATOR, decide(referral, book))
    told, victim = data_of(shared), json.loads(referral)["data"]["victim"]
    assert told["unsafe_to_talk_to"] == [
        "the alleged perpetrator's mother",
        "a neighbour at number 6",
    ]
    assert told["victim"]["address"] == {"postcode_outward_code": "WR3"}
    for secret in ("line", "postcode", "uprn"):
        assert victim["address"][secret] not in bytes(shared.delivery).decode()


def test_a_refuge_is_not_even_told_by_half_a_postcode(book: Book) -> None:
    of_police = changed(example(REFERRAL, "valid-every-field"), "victim.address.kind", "refuge")
    for referral in (of_police, example(REFERRAL, "valid-from-a-charity-with-consent")):
        told = data_of(delivery_to(COORDINATOR, decide(referral, book)))
        assert told["victim"].keys() == {"ref", "name", "dob"}


def test_half_a_postcode_is_all_of_any_address_that_can_be_sent() -> None:
    sent = sends_to(agreement(AGREEMENT), COORDINATOR, REFERRAL)
    assert [name for name in sent if "address" in name] == [
        "victim.address.postcode as outward-code"
    ]
