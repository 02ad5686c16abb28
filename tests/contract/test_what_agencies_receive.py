"""The example events under the agreements, through the stages, as a person would read them."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from builders import NOW, RECORDED
from concordat.agreements.book import Book, BookKeeper
from concordat.agreements.reason import Reason
from concordat.kafka.topics import Topics
from concordat.stack.demo_register import demo_register
from concordat.stack.development_keys import DevelopmentKeys
from concordat.stack.state_directory import StateDirectory
from concordat.stages.admit import admit_stage
from concordat.stages.record import Record
from concordat.stages.route import route_stage
from concordat.stages.routed import RoutedRecord, read_routed
from concordat_events.envelope import CONTENT_TYPE, read_event
from contract.examples import Example, valid_examples
from contract.folder import contracts, schema

INCIDENT = "domestic-abuse.incident-recorded.v1"
CRIME = "community-safety.crime-recorded.v1"
ANSWER = "triage.response-given.v1"
TOPICS = Topics()

Received = set[tuple[str, str, str]]


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Book:
    """The demonstration's register, signed by all who sign."""
    keys = DevelopmentKeys(StateDirectory(Path(tmp_path_factory.mktemp("state"))))
    keeper = BookKeeper()
    for offset, record in enumerate(demo_register(contracts(), keys)):
        keeper.apply(record.key, record.value, offset=offset, recorded_at=RECORDED)
    assert not keeper.register.refused
    return keeper.book


def _decide(value: bytes, book: Book) -> RoutedRecord:
    event = read_event(value)
    place = (TOPICS.outbox(event.publisher), 0, 0)
    published = Record(*place, event.subject.encode(), value, CONTENT_TYPE)
    (admitted,) = admit_stage(TOPICS)([published], book, NOW)
    incident = Record(TOPICS.incidents, 0, 0, admitted.key, admitted.value, CONTENT_TYPE)
    (routed,) = route_stage(TOPICS, b"k" * 32)([incident], book, NOW)
    return read_routed(routed.value)


def _example(event_type: str, name: str) -> bytes:
    (value,) = (
        each.value
        for each in valid_examples()
        if (each.event_type, each.name) == (event_type, name)
    )
    return value


def _received(routed: RoutedRecord) -> Received:
    return {(each.agency, each.law, ",".join(each.shares)) for each in routed.shared}


def _reasons(routed: RoutedRecord) -> dict[str, str]:
    return {each.agency: each.reason for each in routed.withheld}


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
def test_an_example_reaches_these_agencies_under_these_shares(
    book: Book, event_type: str, name: str, expected: Received
) -> None:
    assert _received(_decide(_example(event_type, name), book)) == expected


def test_the_agreements_show_both_a_union_and_separate_deliveries(book: Book) -> None:
    routed = _decide(_example(INCIDENT, "valid-every-field"), book)
    care = [each for each in routed.shared if each.agency == "childrens-social-care"]
    assert len({each.id for each in care}) == 2
    union = next(each for each in care if len(each.shares) == 2)
    assert {"child_count", "children[].voice", "weapon"} <= set(union.fields)


@pytest.mark.parametrize("example", valid_examples(), ids=str)
def test_every_delivery_fits_its_published_schema(book: Book, example: Example) -> None:
    whole = Draft202012Validator(schema("concordat.delivery.v1"))
    permitted = Draft202012Validator(_without_required(schema(example.event_type)))
    for shared in _decide(example.value, book).shared:
        delivery = json.loads(bytes(shared.delivery))
        whole.validate(delivery)
        permitted.validate(delivery["data"])


def _without_required(node: Any) -> Any:
    """A schema of parts: what a recipient may not have is missing."""
    if isinstance(node, list):
        return [_without_required(each) for each in node]
    if isinstance(node, dict):
        return {key: _without_required(each) for key, each in node.items() if key != "required"}
    return node


def test_no_value_of_the_victim_reaches_probation(book: Book) -> None:
    value = _example(INCIDENT, "valid-every-field")
    data = json.loads(value)["data"]
    (shared,) = (each for each in _decide(value, book).shared if each.agency == "probation")
    text = bytes(shared.delivery).decode()
    assert data["alleged_perpetrator"]["name"] in text
    for secret in ("ref", "name", "dob", "nhs_number"):
        assert data["victim"][secret] not in text
    for secret in (*data["safe_contact"].values(), *data["victim"]["address"].values()):
        assert f'"{secret}"' not in text


def test_an_answer_tells_the_police_risks_only_of_an_open_case(book: Book) -> None:
    event = json.loads(_example(ANSWER, "valid-every-field"))
    for known, told in (("open", True), ("closed", False)):
        event["data"]["known"] = known
        routed = _decide(json.dumps(event).encode(), book)
        (shared,) = (each for each in routed.shared if each.agency == "west-mercia-police")
        assert ("risk_items" in shared.fields) is told


def test_two_people_with_care_needs_get_two_files(book: Book) -> None:
    event = json.loads(_example(INCIDENT, "valid-every-field"))
    for person in ("victim", "alleged_perpetrator"):
        event["data"][person]["care_needs"] = True
    routed = _decide(json.dumps(event).encode(), book)
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
    event = json.loads(_example(INCIDENT, "valid-every-field"))
    for condition in ("pregnant", "victim.care_needs", "alleged_perpetrator.care_needs"):
        _fill_in(event["data"], condition, value=True)
    assert share in _shares(_decide(json.dumps(event).encode(), book))
    _fill_in(event["data"], path, value=value)
    assert share not in _shares(_decide(json.dumps(event).encode(), book))


def _fill_in(data: dict[str, Any], path: str, *, value: Any) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        data = data[parent]
    data[last] = value


def _shares(routed: RoutedRecord) -> set[str]:
    return {share for each in routed.shared for share in each.shares}


def test_what_is_not_sent_has_its_reason(book: Book) -> None:
    refuge = _decide(_example(INCIDENT, "valid-in-a-refuge-withheld-from-two-agencies"), book)
    assert _reasons(refuge) == {
        "adult-social-care": Reason.CONDITION_FALSE,
        "childrens-social-care": Reason.CONDITION_FALSE,
        "probation": Reason.DENIED_BY_PUBLISHER,
        "worcestershire-health": Reason.DENIED_BY_PUBLISHER,
    }
    bare = _decide(_example(INCIDENT, "valid-only-what-is-required"), book)
    assert _reasons(bare)["probation"] == Reason.FIELD_UNKNOWN


def test_nothing_reaches_the_party_that_has_not_signed(book: Book) -> None:
    event = json.loads(_example(CRIME, "valid-without-location"))
    event["data"]["district"] = "Telford and Wrekin"
    routed = _decide(json.dumps(event).encode(), book)
    assert _received(routed) == set()
    assert _reasons(routed)["telford-and-wrekin-council"] == Reason.UNSIGNED_BY_RECIPIENT
