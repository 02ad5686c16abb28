"""The canaries bite: they are in every sensitive text, and only there."""

from pathlib import Path

from canaries import with_canaries
from concordat.publish.demo_data import demo_events
from concordat_events.envelope import Event, write_event
from concordat_events.lines.domestic_abuse import IncidentRecorded

DEMO_FILE = Path(__file__).parents[3] / "demo" / "2025-12-west-mercia-street.csv"


def incidents() -> list[Event]:
    events = demo_events(DEMO_FILE, lambda _: None)
    return [event for event in events if isinstance(event.data, IncidentRecorded)][:100]


def test_every_sensitive_text_that_is_filled_in_holds_a_token_of_its_own() -> None:
    found: set[str] = set()
    for incident in incidents():
        planted, tokens = with_canaries(incident)
        text = write_event(planted).decode()
        assert len(set(tokens.values())) == len(tokens)
        assert all(text.count(value) == 1 for value in tokens.values())
        assert text.count("canary-") == len(tokens)
        found |= set(tokens)
    assert {
        "victim.name",
        "victim.address.line",
        "alleged_perpetrator.warnings[0]",
        "children[0].voice",
        "children[1].name",
        "safe_contact.window",
        "witnesses[0].ref",
        "offences[0]",
        "narrative",
    } <= found


def test_nothing_else_of_the_event_changes() -> None:
    for incident in incidents():
        planted, tokens = with_canaries(incident)
        assert isinstance(planted.data, IncidentRecorded)
        assert isinstance(incident.data, IncidentRecorded)
        assert planted.data.grade == incident.data.grade
        assert planted.data.victim.nhs_number == incident.data.victim.nhs_number
        assert (planted.id, planted.subject) == (incident.id, incident.subject)
        assert "ref" not in tokens


def test_two_events_share_no_token() -> None:
    tokens = [value for event in incidents() for value in with_canaries(event)[1].values()]
    assert len(set(tokens)) == len(tokens)
