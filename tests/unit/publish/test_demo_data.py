"""The demonstration as one stream."""

import io
from itertools import pairwise
from pathlib import Path

import pytest

from concordat.publish.demo_data import demo_events
from concordat.publish.police_uk import NotAStreetFile
from concordat.publish.row_fault import RowFault
from concordat_events.envelope import Event

DEMO_FILE = Path(__file__).parents[3] / "demo" / "2025-12-west-mercia-street.csv"
CRIME, INCIDENT, ANSWER = (
    "community-safety.crime-recorded.v1",
    "domestic-abuse.incident-recorded.v1",
    "triage.response-given.v1",
)


def demonstration(content: bytes) -> tuple[list[Event], list[RowFault]]:
    faults: list[RowFault] = []
    return list(demo_events(io.BytesIO(content), faults.append)), faults


def test_an_incident_follows_its_crime_and_its_answers_follow_it() -> None:
    events, faults = demonstration(DEMO_FILE.read_bytes())
    assert faults == []
    assert events[0].type == CRIME
    for before, event in pairwise(events):
        if event.type == INCIDENT:
            assert before.type == CRIME
        if event.type == ANSWER:
            assert before.type in (INCIDENT, ANSWER)
            assert event.subject == before.subject
    assert {event.type for event in events} == {CRIME, INCIDENT, ANSWER}
    assert all(event.synthetic or event.type == CRIME for event in events)


def test_a_path_and_a_stream_give_the_same_events() -> None:
    events, _ = demonstration(DEMO_FILE.read_bytes())
    assert [e.id for e in demo_events(DEMO_FILE, lambda _: None)] == [e.id for e in events]


def test_a_line_inserted_into_the_file_changes_no_event_but_adds_its_own() -> None:
    lines = DEMO_FILE.read_bytes().splitlines(keepends=True)
    inserted = lines[2].replace(b"Birmingham", b"Bromsgrove")
    before, _ = demonstration(b"".join(lines))
    after, _ = demonstration(b"".join([*lines[:500], inserted, *lines[500:]]))
    assert {event.id for event in before} < {event.id for event in after}
    known = {event.id: event for event in after}
    assert all(known[event.id] == event for event in before)


def test_a_bad_row_is_told_and_the_rest_is_played() -> None:
    lines = DEMO_FILE.read_bytes().splitlines(keepends=True)[:50]
    events, faults = demonstration(b"".join([*lines[:10], b"nonsense\n", *lines[10:]]))
    assert faults == [RowFault(11, "has 1 columns instead of 12")]
    assert sum(event.type == CRIME for event in events) == 49


def test_another_file_is_refused() -> None:
    with pytest.raises(NotAStreetFile):
        demonstration(b"a,b,c\n1,2,3\n")
