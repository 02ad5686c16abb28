"""Missing children: report, the profile that answers it, return, interview; who hears which."""

import json
from pathlib import Path
from typing import Any

import pytest

from concordat.agreements.book import Book
from concordat.agreements.reason import Reason
from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves
from contract.agreement_rules import recipients_of, sends_to
from contract.demonstration import (
    Received,
    changed,
    data_of,
    decide,
    delivery_to,
    demonstration_book,
    example,
    reasons,
    received,
    shares,
)
from contract.folder import agreement, contracts

REPORTED = "missing-persons.person-reported.v1"
LOCATED = "missing-persons.person-located.v1"
PROFILE = "missing-persons.profile-supplied.v1"
INTERVIEW = "missing-persons.return-interview-completed.v1"
AGREEMENT = "worcestershire-missing-children"
HOMES = {"tansy-house", "sorrel-house"}
FULL = "valid-every-field"


@pytest.mark.parametrize(
    ("event_type", "name", "expected"),
    [
        (
            REPORTED,
            FULL,
            {
                ("childrens-social-care", "find-child", "report-to-care,repeated-episodes"),
                ("worcestershire-health", "find-child", "report-to-health"),
                ("worcestershire-acute-hospitals", "find-child", "report-to-health"),
                ("tansy-house", "warn-home", "report-to-the-childs-home"),
            },
        ),
        (REPORTED, "valid-only-what-is-required", set()),
        (REPORTED, "valid-an-adult", set()),
        (PROFILE, FULL, {("west-mercia-police", "describe-child", "profile-to-police")}),
        (
            LOCATED,
            FULL,
            {
                ("childrens-social-care", "find-child", "return-to-care"),
                ("worcestershire-health", "find-child", "alert-ends"),
                ("worcestershire-acute-hospitals", "find-child", "alert-ends"),
                ("tansy-house", "warn-home", "return-to-the-childs-home"),
                ("return-interview-service", "arrange-interview", "interview-is-due"),
            },
        ),
        (LOCATED, "valid-only-what-is-required", set()),
        (
            INTERVIEW,
            FULL,
            {
                ("childrens-social-care", "hear-child", "interview-to-care"),
                ("west-mercia-police", "hear-child", "interview-extract-to-police"),
            },
        ),
        (
            INTERVIEW,
            "valid-only-what-is-required",
            {("childrens-social-care", "hear-child", "interview-to-care")},
        ),
    ],
)
def test_an_example_reaches_these_agencies_under_these_shares(
    book: Book, event_type: str, name: str, expected: Received
) -> None:
    assert received(decide(example(event_type, name), book)) == expected


@pytest.mark.parametrize(
    ("event_type", "share", "path", "value"),
    [
        (REPORTED, "report-to-care", "age_at_event", 18),
        (REPORTED, "repeated-episodes", "episodes_90d", 2),
        (REPORTED, "repeated-episodes", "age_at_event", 18),
        (REPORTED, "report-to-health", "grade", "low"),
        (REPORTED, "report-to-health", "age_at_event", None),
        (REPORTED, "report-to-the-childs-home", "age_at_event", 18),
        (REPORTED, "report-to-the-childs-home", "placement", None),
        (LOCATED, "return-to-care", "age_at_event", 18),
        (LOCATED, "return-to-the-childs-home", "age_at_event", 18),
        (LOCATED, "alert-ends", "grade", "low"),
        (LOCATED, "alert-ends", "age_at_event", 18),
        (LOCATED, "interview-is-due", "age_at_event", 18),
        (INTERVIEW, "interview-extract-to-police", "accepted", False),
    ],
)
def test_a_share_ends_where_one_of_its_conditions_does(
    book: Book, event_type: str, share: str, path: str, value: Any
) -> None:
    event = example(event_type, FULL)
    assert share in shares(decide(event, book))
    assert share not in shares(decide(changed(event, path, value), book))


@pytest.mark.parametrize("event_type", [REPORTED, LOCATED])
def test_only_the_home_that_looks_after_the_child_hears_of_it(book: Book, event_type: str) -> None:
    event = changed(example(event_type, FULL), "placement.home_urn", "SC999002")
    routed = decide(event, book)
    assert {each.agency for each in routed.shared} & HOMES == {"sorrel-house"}
    assert reasons(routed)["tansy-house"] == Reason.NOT_ADDRESSED


def test_a_profile_is_an_answer_on_the_case_of_a_report() -> None:
    report, profile = (json.loads(example(each, FULL)) for each in (REPORTED, PROFILE))
    assert profile["subject"] == report["subject"]
    assert profile["data"]["report_ref"] == report["data"]["ref"]
    assert profile["time"] > report["time"]
    # No profile can be written without naming the report that it answers.
    assert leaves(CATALOGUE[PROFILE])["report_ref"].required


def test_a_profile_comes_from_a_home_and_goes_to_the_police() -> None:
    found = contracts().agreements
    assert recipients_of(found, PROFILE) == {"west-mercia-police"}
    publishers = {
        agency
        for each in found
        for share in each.shares
        if share.event == PROFILE
        for agency in share.from_
    }
    assert publishers == HOMES
    for home in HOMES:
        assert "only as the answer to a report" in " ".join(agreement(AGREEMENT).undertakings[home])


def test_without_the_councils_word_the_police_get_neither_profile_nor_interview(
    tmp_path: Path,
) -> None:
    unsigned = f"signature/{AGREEMENT}/1/worcestershire-county-council"
    book = demonstration_book(tmp_path, without=(unsigned,))
    for event_type in (PROFILE, INTERVIEW):
        routed = decide(example(event_type, FULL), book)
        assert received(routed) == set()
        assert reasons(routed)["west-mercia-police"] == Reason.UNSIGNED_BY_THIRD_PARTY


def test_the_end_of_an_alert_says_no_more(book: Book) -> None:
    routed = decide(example(LOCATED, FULL), book)
    for agency in ("worcestershire-health", "worcestershire-acute-hospitals"):
        assert data_of(delivery_to(agency, routed)) == {}


def test_the_home_is_told_of_the_return_and_not_of_what_happened(book: Book) -> None:
    told = data_of(delivery_to("tansy-house", decide(example(LOCATED, FULL), book)))
    assert told.keys() == {"ref", "report_ref", "located_at", "missing_person"}


def test_the_interviewer_is_told_the_year_of_birth(book: Book) -> None:
    told = data_of(delivery_to("return-interview-service", decide(example(LOCATED, FULL), book)))
    assert told["missing_person"] == {
        "ref": "example-person-0201",
        "name": "Fitz Lanterncrumb",
        "dob_year": "2010",
    }


def test_a_return_interview_never_reaches_who_looks_after_the_child() -> None:
    told = recipients_of(contracts().agreements, INTERVIEW)
    assert told == {"childrens-social-care", "west-mercia-police"}


def test_the_childs_own_words_stay_with_care(book: Book) -> None:
    routed = decide(example(INTERVIEW, FULL), book)
    said = json.loads(example(INTERVIEW, FULL))["data"]["said"]
    assert data_of(delivery_to("childrens-social-care", routed))["said"] == said
    police = sends_to(agreement(AGREEMENT), "west-mercia-police", INTERVIEW)
    assert police.isdisjoint({"said", "harm_where_living", "push"})
    assert said not in bytes(delivery_to("west-mercia-police", routed).delivery).decode()
