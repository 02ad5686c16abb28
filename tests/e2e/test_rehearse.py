"""`concordat agreements rehearse` as a person runs it: counts and event ids, never contents."""

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from concordat.publish.demo_data import demo_events
from concordat.runtime.settings import CONTRACTS
from concordat.stack.demonstration import DATA
from concordat_events.envelope import Event, write_event
from concordat_events.lines.domestic_abuse import IncidentRecorded
from e2e.command import CONCORDAT, Answer, concordat, environment
from e2e.plain_agreements import crimes_by_recipient

ABUSE = CONTRACTS / "agreements" / "worcestershire-domestic-abuse.yaml"
SAFETY = CONTRACTS / "agreements" / "worcestershire-community-safety.yaml"
AGENCY = "womens-aid"
SECRET = "Zebedee-Quill"  # stands in no event but in broken ones

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def events() -> list[Event]:
    return [event for event in demo_events(DATA, lambda _: None) if event.synthetic]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, events: list[Event]) -> Path:
    """A file of invented events with a repeat and three lines that are none, and a candidate."""
    folder = tmp_path_factory.mktemp("rehearse")
    lines = [write_event(event) for event in events]
    wrong = msgspec.json.decode(write_event(events[0]))
    wrong |= {"id": "incident-with-a-wrong-grade", "data": {**wrong["data"], "grade": [SECRET]}}
    broken = [b'{"id": "%b"' % SECRET.encode(), b'{"narrative": "%b"}' % SECRET.encode()]
    content = [*lines, b"", lines[0], *broken, msgspec.json.encode(wrong)]
    (folder / "events.ndjson").write_bytes(b"\n".join(content) + b"\n")
    text = ABUSE.read_text(encoding="utf-8")
    wider = text.replace("version: 1\n", "version: 2\n", 1).replace(
        "- {field: consent, is: given}", "- {field: consent, in: [given, refused]}", 1
    )
    assert wider.count("[given, refused]") == 1
    (folder / "wider.yaml").write_text(wider, encoding="utf-8")
    return folder


def rehearse(folder: Path, new: str | Path, *options: str | Path) -> Answer:
    return concordat("agreements", "rehearse", new, *options, folder=folder)


@pytest.fixture(scope="module")
def answer(folder: Path) -> Answer:
    return rehearse(folder, "wider.yaml", "--events", "events.ndjson", "--json")


def referred(events: list[Event], *consents: str) -> Iterator[str]:
    """The events that Women's Aid gets, in plain words: `consents` are those that count."""
    for event in events:
        data = event.data
        if not isinstance(data, IncidentRecorded) or AGENCY in event.denied:
            continue
        reachable = data.safe_contact is not None and data.safe_contact.window is not None
        if data.grade == "high" and reachable and data.consent in consents:
            yield event.id


def test_it_says_who_gains_which_events_against_the_version_in_the_contracts(
    answer: Answer, events: list[Event]
) -> None:
    assert answer.code == 0, answer.err
    assert "compared with version 1" in answer.err
    told = answer.json
    now, before = list(referred(events, "given", "refused")), list(referred(events, "given"))
    gained = [event_id for event_id in now if event_id not in before]
    assert len(gained) > 10
    aid = told["recipients"][AGENCY]
    assert (aid["shared"], aid["shared_before"]) == (len(now), len(before))
    assert aid["gained"] == {"events": len(gained), "examples": gained[:10]}
    assert aid["lost"] == {"events": 0, "examples": []}
    assert aid["shares"]["idva-referral"]["events"] == len(now)
    others = [each for agency, each in told["recipients"].items() if agency != AGENCY]
    assert len(others) == 5
    assert {each["gained"]["events"] for each in others} == {0}
    assert told["against"] == {"agreement": "worcestershire-domestic-abuse", "version": 1}


def test_it_names_the_lines_that_are_no_events_and_repeats_nothing_of_them(
    answer: Answer, events: list[Event]
) -> None:
    told = answer.json
    first = len(events) + 3  # after the events, a blank line and a repeat
    places = [f"events.ndjson:{first + n}" for n in range(3)]
    assert [each["place"] for each in told["faults"]] == places
    assert told["faulty"] == 3
    assert all(place in answer.err for place in places)
    assert (told["events"], told["repeats"]) == (len(events) + 1, 1)
    assert SECRET not in answer.out + answer.err


def test_nothing_of_what_an_event_holds_is_told(folder: Path, events: list[Event]) -> None:
    text = rehearse(folder, "wider.yaml", "--events", "events.ndjson")
    json = rehearse(folder, "wider.yaml", "--events", "events.ndjson", "--json")
    assert text.code == json.code == 0
    said = text.out + text.err + json.out + json.err
    held = set[str]()
    for event in events:
        data = event.data
        if isinstance(data, IncidentRecorded):
            held |= {data.victim.ref, event.subject, *(data.victim.name or "").split()[-1:]}
            held.add(data.narrative or event.subject)
    assert len(held) > 500
    assert [each for each in held if each in said] == []


def test_for_a_person_it_says_the_same_in_sentences(
    folder: Path, answer: Answer, events: list[Event]
) -> None:
    text = rehearse(folder, "wider.yaml", "--events", "events.ndjson").out
    aid = answer.json["recipients"][AGENCY]
    about = text[text.index(f"{AGENCY}:") :].split("\n\n")[0]
    assert f"{aid['shared']} events shared ({aid['shared_before']} before)" in about
    assert f"{aid['gained']['events']}  gained" in about
    assert all(event_id in about for event_id in aid["gained"]["examples"])
    for each in aid["withheld"]:
        assert f"{each['events']}  withheld ({each['field']})" in about


def test_a_terminal_shows_a_bar_and_a_file_does_not(folder: Path, answer: Answer) -> None:
    ours, theirs = os.openpty()
    command = (*CONCORDAT, "agreements", "rehearse", "wider.yaml", "--events", "events.ndjson")
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            env=environment() | {"TERM": "xterm"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=theirs,
            timeout=60,
            check=True,
        )
        shown = os.read(ours, 100_000).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "rehearsing" in shown
    assert "100%" in shown
    assert b"rehearsing" not in done.stdout
    assert "rehearsing" not in answer.err


def test_a_police_uk_file_is_rehearsed_as_it_is(folder: Path) -> None:
    answer = rehearse(folder, SAFETY, "--events", DATA, "--json")
    assert answer.code == 0, answer.err
    assert "compared with nothing" in answer.err
    told: dict[str, Any] = answer.json
    assert told["against"] is None
    counted = {agency: each["shared"] for agency, each in told["recipients"].items()}
    assert counted == crimes_by_recipient(DATA)
    assert all(each["gained"]["events"] == each["shared"] for each in told["recipients"].values())


def test_it_is_compared_with_what_it_is_told_to(folder: Path) -> None:
    answer = rehearse(
        folder, ABUSE, "--against", "wider.yaml", "--events", "events.ndjson", "--json"
    )
    assert answer.code == 0, answer.err
    assert answer.json["against"]["version"] == 2
    assert answer.json["recipients"][AGENCY]["lost"]["events"] > 10


@pytest.mark.parametrize(
    ("options", "code", "sentence"),
    [
        ((), 2, "either --events FILE or --since DATE"),
        (("--events", "events.ndjson", "--since", "2026-01-01"), 2, "either"),
        (("--events", "nowhere.ndjson"), 2, "cannot be read"),
        (("--events", "array.json"), 1, "put one event on each line"),
        (("--events", "wider.csv"), 1, "not the header of a police.uk street file"),
        (("--since", "2026-01-01"), 69, "no stack runs"),
        (("--since", "yesterday"), 2, "yesterday"),
    ],
)
def test_what_cannot_be_rehearsed_is_said(
    folder: Path, options: tuple[str, ...], code: int, sentence: str
) -> None:
    (folder / "array.json").write_text("[]", encoding="utf-8")
    (folder / "wider.csv").write_text("a,b\n", encoding="utf-8")
    answer = rehearse(folder, "wider.yaml", *options)
    assert answer.code == code, answer.err
    assert sentence in " ".join(answer.err.split())
    assert answer.out == ""


def test_a_candidate_with_faults_is_not_rehearsed(folder: Path) -> None:
    text = (folder / "wider.yaml").read_text(encoding="utf-8")
    faulty = text.replace("field: consent", "field: consent_of_victim")
    (folder / "faulty.yaml").write_text(faulty, encoding="utf-8")
    answer = rehearse(folder, "faulty.yaml", "--events", "events.ndjson")
    assert (answer.code, answer.out) == (1, "")
    assert "faulty.yaml:" in answer.err
    assert "consent_of_victim" in answer.err
