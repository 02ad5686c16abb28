"""What the two answering agencies say, and on which cases they stay silent."""

from pathlib import Path

import pytest

from concordat.publish.answers import answers_to, answers_to_one
from concordat.publish.demo_data import demo_events
from concordat_events.envelope import Event, read_event, write_event
from concordat_events.lines.domestic_abuse import IncidentRecorded
from concordat_events.lines.triage import ResponseGiven

DEMO_FILE = Path(__file__).parents[3] / "demo" / "2025-12-west-mercia-street.csv"


@pytest.fixture(scope="module")
def incidents() -> list[Event]:
    events = demo_events(DEMO_FILE, lambda _: None)
    return [event for event in events if isinstance(event.data, IncidentRecorded)]


@pytest.fixture(scope="module")
def answers(incidents: list[Event]) -> list[Event]:
    return list(answers_to(incidents))


def response(event: Event) -> ResponseGiven:
    assert isinstance(event.data, ResponseGiven)
    return event.data


def test_both_agencies_answer_part_of_the_incidents(
    incidents: list[Event], answers: list[Event]
) -> None:
    assert {event.publisher for event in answers} == {
        "childrens-social-care",
        "worcestershire-health",
    }
    answered = {event.subject for event in answers}
    assert 0.2 < len(answered) / len(incidents) < 0.6


def test_an_answer_is_on_its_incidents_case_and_after_it(
    incidents: list[Event], answers: list[Event]
) -> None:
    recorded = {event.subject: event.time for event in incidents}
    assert all(event.time > recorded[event.subject] for event in answers)
    assert len({event.id for event in answers}) == len(answers)


def test_an_answer_is_synthetic_and_one_the_exchange_accepts(answers: list[Event]) -> None:
    for answer in answers:
        assert answer.synthetic
        assert write_event(read_event(write_event(answer))) == write_event(answer)


def test_who_never_knew_the_family_names_no_worker_contact_or_risk(answers: list[Event]) -> None:
    found = {
        known: [r for r in map(response, answers) if r.known == known]
        for known in ("open", "closed", "never")
    }
    assert all(found.values())
    for answer in found["never"]:
        assert (answer.worker, answer.last_contact, answer.risk_items) == (None, None, None)
    for answer in (*found["open"], *found["closed"]):
        assert answer.worker
        assert answer.last_contact
    assert any(answer.risk_items for answer in found["open"])


def test_nobody_answers_an_incident_that_is_withheld_from_an_agency(
    incidents: list[Event], answers: list[Event]
) -> None:
    denied = {event.subject for event in incidents if event.denied}
    assert denied
    assert denied.isdisjoint(event.subject for event in answers)


def test_the_same_incident_has_the_same_answers_whatever_stands_beside_it(
    incidents: list[Event], answers: list[Event]
) -> None:
    alone = [answer for incident in reversed(incidents) for answer in answers_to_one(incident)]
    assert sorted(map(write_event, alone)) == sorted(map(write_event, answers))
