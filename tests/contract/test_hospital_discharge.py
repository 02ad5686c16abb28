"""Hospital discharge: a notice, and the council's answer as an event of its own."""

import json
from typing import Any

import pytest

from concordat.agreements.book import Book
from concordat.agreements.reason import Reason
from contract.agreement_rules import recipients_of
from contract.demonstration import (
    Received,
    changed,
    data_of,
    decide,
    delivery_to,
    example,
    reasons,
    received,
    shares,
)
from contract.folder import contracts

ISSUED = "patient-flow.discharge-notice-issued.v1"
ACCEPTED = "patient-flow.discharge-notice-accepted.v1"
REJECTED = "patient-flow.discharge-notice-rejected.v1"
WITHDRAWN = "patient-flow.discharge-notice-withdrawn.v1"
HOSPITAL = "worcestershire-acute-hospitals"
FULL = "valid-every-field"


@pytest.mark.parametrize(
    ("event_type", "name", "expected"),
    [
        (
            ISSUED,
            FULL,
            {
                ("adult-social-care", "plan-discharge", "notice-to-the-council"),
                ("worcestershire-health", "plan-discharge", "notice-to-community-health"),
            },
        ),
        (ISSUED, "valid-only-what-is-required", set()),
        (ISSUED, "valid-the-patient-objects", set()),
        (
            ISSUED,
            "valid-a-patient-of-another-county",
            {("worcestershire-health", "plan-discharge", "notice-to-community-health")},
        ),
        (ACCEPTED, FULL, {(HOSPITAL, "answer-hospital", "acceptance-to-the-hospital")}),
        (REJECTED, FULL, {(HOSPITAL, "answer-hospital", "rejection-to-the-hospital")}),
        (
            WITHDRAWN,
            FULL,
            {
                ("adult-social-care", "plan-discharge", "withdrawal-to-the-council"),
                ("worcestershire-health", "plan-discharge", "withdrawal-to-community-health"),
            },
        ),
        (WITHDRAWN, "valid-only-what-is-required", set()),
    ],
)
def test_an_example_reaches_these_agencies_under_these_shares(
    book: Book, event_type: str, name: str, expected: Received
) -> None:
    assert received(decide(example(event_type, name), book)) == expected


@pytest.mark.parametrize(
    ("event_type", "share", "path", "value"),
    [
        (ISSUED, "notice-to-the-council", "objection", True),
        (ISSUED, "notice-to-the-council", "pathway", "0"),
        (ISSUED, "notice-to-the-council", "council_gss", "E06000019"),
        (ISSUED, "notice-to-community-health", "objection", True),
        (ISSUED, "notice-to-community-health", "pathway", "3"),
        (ACCEPTED, "acceptance-to-the-hospital", "hospital_ods", "ZZZ"),
        (REJECTED, "rejection-to-the-hospital", "hospital_ods", "ZZZ"),
        (WITHDRAWN, "withdrawal-to-the-council", "council_gss", "E06000019"),
        (WITHDRAWN, "withdrawal-to-the-council", "pathway", "0"),
        (WITHDRAWN, "withdrawal-to-community-health", "pathway", "3"),
    ],
)
def test_a_share_ends_where_one_of_its_conditions_does(
    book: Book, event_type: str, share: str, path: str, value: Any
) -> None:
    event = example(event_type, FULL)
    assert share in shares(decide(event, book))
    assert share not in shares(decide(changed(event, path, value), book))


@pytest.mark.parametrize("answer", [ACCEPTED, REJECTED])
def test_an_answer_goes_back_to_the_hospital_that_asked_and_names_its_notice(
    book: Book, answer: str
) -> None:
    notice, event = (json.loads(example(each, FULL)) for each in (ISSUED, answer))
    assert event["source"] == "//adult-social-care"
    assert event["subject"] == notice["subject"]
    assert event["data"]["hospital_ods"] == notice["data"]["hospital_ods"]
    told = data_of(delivery_to(HOSPITAL, decide(example(answer, FULL), book)))
    assert told["notice_ref"] == notice["data"]["ref"]
    assert recipients_of(contracts().agreements, answer) == {HOSPITAL}


def test_another_hospitals_answer_says_why_it_does_not_come_here(book: Book) -> None:
    routed = decide(changed(example(ACCEPTED, FULL), "hospital_ods", "ZZZ"), book)
    assert reasons(routed) == {HOSPITAL: Reason.NOT_ADDRESSED}


def test_a_rejection_says_why_so_that_the_notice_can_be_mended(book: Book) -> None:
    told = data_of(delivery_to(HOSPITAL, decide(example(REJECTED, FULL), book)))
    assert told["reason"] == "information_missing"
    assert told["explanation"]


def test_a_withdrawal_tells_the_bed_list_nothing_but_the_notice(book: Book) -> None:
    routed = decide(example(WITHDRAWN, FULL), book)
    assert data_of(delivery_to("worcestershire-health", routed)) == {
        "notice_ref": "example-notice-ref-0001"
    }
