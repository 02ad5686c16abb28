"""The example events under the agreements, through the stages, as a person would read them."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from concordat.agreements.book import Book
from concordat.agreements.coarsening import parts_of
from concordat.agreements.reason import Reason
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
from contract.examples import Example, valid_examples
from contract.folder import schema

INCIDENT = "domestic-abuse.incident-recorded.v1"
CRIME = "community-safety.crime-recorded.v1"
ANSWER = "triage.response-given.v1"


@pytest.mark.parametrize(
    ("event_type", "name", "expected"),
    [
        (
            INCIDENT,
            "valid-every-field",
            {
                (
                    "childrens-social-care",
                    "safeguard-child",
                    "children-in-household,children-at-high-risk",
                ),
                ("childrens-social-care", "prevent-crime", "repeated-abuse-in-household"),
                ("worcestershire-health", "safeguard-child", "children-known-to-health"),
                ("worcestershire-health", "protect-patient", "patient-at-high-risk"),
                ("womens-aid", "support-victim", "idva-referral"),
                ("probation", "manage-offender", "supervised-person"),
            },
        ),
        (INCIDENT, "valid-only-what-is-required", set()),
        (
            INCIDENT,
            "valid-in-a-refuge-withheld-from-two-agencies",
            {("womens-aid", "support-victim", "idva-referral")},
        ),
        (
            CRIME,
            "valid-every-field",
            {
                ("hereford-worcester-fire", "prevent-crime", "arson-and-damage"),
                ("wyre-forest-housing", "keep-tenants-safe", "damage-near-homes"),
            },
        ),
        (
            CRIME,
            "valid-without-location",
            {("worcester-city-council", "prevent-crime", "worcester-streets")},
        ),
        (
            ANSWER,
            "valid-every-field",
            {
                ("west-mercia-police", "answer-triage", "answers-to-police,open-cases-to-police"),
                ("worcestershire-health", "answer-triage", "answers-between-care-and-health"),
            },
        ),
        (
            ANSWER,
            "valid-never-known",
            {
                ("west-mercia-police", "answer-triage", "answers-to-police"),
                ("childrens-social-care", "answer-triage", "answers-between-care-and-health"),
            },
        ),
    ],
)
def test_an_example_reaches_these_agencies_under_theseshares(
    book: Book, event_type: str, name: str, expected: Received
) -> None:
    assert received(decide(example(event_type, name), book)) == expected


def test_the_agreements_show_both_a_union_and_separate_deliveries(book: Book) -> None:
    routed = decide(example(INCIDENT, "valid-every-field"), book)
    care = [each for each in routed.shared if each.agency == "childrens-social-care"]
    assert len({each.id for each in care}) == 2
    union = next(each for each in care if len(each.shares) == 2)
    assert {"child_count", "children[].voice", "weapon"} <= set(union.fields)


@pytest.mark.parametrize("published", valid_examples(), ids=str)
def test_every_delivery_fits_its_published_schema(book: Book, published: Example) -> None:
    whole = Draft202012Validator(schema("concordat.delivery.v1"))
    permitted = Draft202012Validator(_without_required(schema(published.event_type)))
    for shared in decide(published.value, book).shared:
        whole.validate(json.loads(bytes(shared.delivery)))
        data = data_of(shared)
        for name in shared.fields:
            _take_out_coarsened(data, name)
        permitted.validate(data)


def _take_out_coarsened(data: Any, name: str) -> None:
    """Drop what a coarsening sends beside the type's own fields (none here is inside a list)."""
    path, coarsening = parts_of(name)
    if coarsening:
        *parents, last = (path + coarsening.suffix).split(".")
        for parent in parents:
            data = data.get(parent, {})
        data.pop(last, None)


def _without_required(node: Any) -> Any:
    """A schema of parts: what a recipient may not have is missing."""
    if isinstance(node, list):
        return [_without_required(each) for each in node]
    if isinstance(node, dict):
        return {key: _without_required(each) for key, each in node.items() if key != "required"}
    return node


def test_no_value_of_the_victim_reaches_probation(book: Book) -> None:
    value = example(INCIDENT, "valid-every-field")
    data = json.loads(value)["data"]
    text = bytes(delivery_to("probation", decide(value, book)).delivery).decode()
    assert data["alleged_perpetrator"]["name"] in text
    for secret in ("ref", "name", "dob", "nhs_number"):
        assert data["victim"][secret] not in text
    for secret in (*data["safe_contact"].values(), *data["victim"]["address"].values()):
        assert f'"{secret}"' not in text


def test_an_answer_tells_the_police_risks_only_of_an_open_case(book: Book) -> None:
    answer = example(ANSWER, "valid-every-field")
    for known, told in (("open", True), ("closed", False)):
        shared = delivery_to("west-mercia-police", decide(changed(answer, "known", known), book))
        assert ("risk_items" in shared.fields) is told


def test_two_people_with_care_needs_get_two_files(book: Book) -> None:
    incident = example(INCIDENT, "valid-every-field")
    for person in ("victim", "alleged_perpetrator"):
        incident = changed(incident, f"{person}.care_needs", to=True)
    routed = decide(incident, book)
    files = [each for each in routed.shared if each.agency == "adult-social-care"]
    people = [{path.split(".")[0] for path in each.fields if ".ref" in path} for each in files]
    assert sorted(people, key=sorted) == [{"alleged_perpetrator"}, {"victim"}]


@pytest.mark.parametrize(
    ("share", "path", "value"),
    [
        ("children-in-household", "child_count", 0),
        ("children-at-high-risk", "child_count", 0),
        ("children-at-high-risk", "grade", "medium"),
        ("repeated-abuse-in-household", "child_count", 0),
        ("repeated-abuse-in-household", "repeats_12m", 2),
        ("children-known-to-health", "child_count", 0),
        ("patient-at-high-risk", "grade", "medium"),
        ("idva-referral", "grade", "medium"),
        ("idva-referral", "consent", "refused"),
        ("idva-referral", "consent", "not_sought_unsafe"),
        ("idva-referral", "safe_contact.window", None),
        ("supervised-person", "alleged_perpetrator.supervised", False),
        ("unborn-child", "pregnant", False),
        ("victim-with-care-needs", "victim.care_needs", False),
        ("alleged-perpetrator-with-care-needs", "alleged_perpetrator.care_needs", False),
    ],
)
def test_a_share_ends_where_one_of_its_conditions_does(
    book: Book, share: str, path: str, value: Any
) -> None:
    incident = example(INCIDENT, "valid-every-field")
    for condition in ("pregnant", "victim.care_needs", "alleged_perpetrator.care_needs"):
        incident = changed(incident, condition, to=True)
    assert share in shares(decide(incident, book))
    assert share not in shares(decide(changed(incident, path, value), book))


def test_what_is_not_sent_has_its_reason(book: Book) -> None:
    refuge = decide(example(INCIDENT, "valid-in-a-refuge-withheld-from-two-agencies"), book)
    assert reasons(refuge) == {
        "adult-social-care": Reason.CONDITION_FALSE,
        "childrens-social-care": Reason.CONDITION_FALSE,
        "probation": Reason.DENIED_BY_PUBLISHER,
        "worcestershire-health": Reason.DENIED_BY_PUBLISHER,
    }
    bare = decide(example(INCIDENT, "valid-only-what-is-required"), book)
    assert reasons(bare)["probation"] == Reason.FIELD_UNKNOWN


def test_nothing_reaches_the_party_that_has_not_signed(book: Book) -> None:
    crime = example(CRIME, "valid-without-location")
    routed = decide(changed(crime, "district", "Telford and Wrekin"), book)
    assert received(routed) == set()
    assert reasons(routed)["telford-and-wrekin-council"] == Reason.UNSIGNED_BY_RECIPIENT
