"""P1 and P7: every sensitive value of a run is found where an agreement sends it and nowhere else.

Each carries a mark that cannot be mistaken; the marks are then searched for in everything that
the exchange has stored, written, logged or answered.
"""

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import msgspec
import pytest

from canaries import bare, marks_in, with_marks
from concordat.cli.target import find_target
from concordat.kafka.topics import Topics
from concordat.publish.demo_data import demo_events
from concordat.stack.demonstration import DATA
from concordat.stack.exchange import Exchange
from concordat.stack.state_directory import StateDirectory
from concordat_events.catalogue import CATALOGUE
from concordat_events.envelope import Event, write_event
from concordat_events.leaves import leaves
from e2e.asking import ask
from e2e.bad_input import POLICE, BadInput
from e2e.command import concordat
from e2e.in_process import Witness, exchange_in, publish, settled, state_in
from e2e.inboxes import Item, agencies, read_inboxes
from e2e.leaks import Places, places, topics
from e2e.plain_agreements import readable_paths

EVENTS = 150

pytestmark = pytest.mark.timeout(400)


@dataclass(frozen=True)
class Run:
    """What was planted, by (event type, path) of each mark, and what came of it."""

    events: list[Event]
    planted: dict[str, set[tuple[str, str]]]
    bad: BadInput
    elsewhere: Places
    contents: Places
    inboxes: dict[str, list[Item]]

    @cached_property
    def marks(self) -> set[str]:
        """Every mark."""
        return {*self.planted, *self.bad.tokens}


def marked() -> tuple[list[Event], dict[str, set[tuple[str, str]]]]:
    """The invented part of the demonstration, which is all that is sensitive in it."""
    invented = [event for event in demo_events(DATA, lambda _: None) if event.synthetic]
    events, planted = [], defaultdict(set)
    for event in invented[:EVENTS]:
        with_them, marks = with_marks(event)
        events.append(with_them)
        for path, mark in marks.items():
            planted[mark].add((event.type, bare(path)))
    return events, planted


@pytest.fixture(scope="module")
async def run(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Run]:
    state, witness = state_in(tmp_path_factory.mktemp("canaries")), Witness()
    async with exchange_in(state, witness) as exchange:
        events, planted = marked()
        incident = next(event for event in events if event.publisher == POLICE)
        bad = BadInput(exchange.stack.kafka, msgspec.json.decode(write_event(incident)))
        await publish(exchange.stack, events)
        bad.through_kafka()
        bad.conflict()
        await settled(exchange)
        inboxes = read_inboxes(state.path)
        answers = dict(http_answers(state, events, bad)) | dict(told_at_a_terminal(state, events))
        contents = topics(exchange.stack.kafka, content_topics(exchange))
        said = {"the supervisor": "\n".join(witness.sentences)}
        elsewhere = {**await places(state, exchange.stack), **answers, **said}
        yield Run(events, planted, bad, elsewhere, contents, inboxes)


def content_topics(exchange: Exchange) -> list[str]:
    return [Topics().outbox(POLICE), Topics().incidents]


def http_answers(
    state: StateDirectory, events: list[Event], bad: BadInput
) -> Iterator[tuple[str, str]]:
    """What the API answers to publishers, to strangers to an event, and to bad requests."""
    target = find_target(state.path)
    for agency in sorted({event.publisher for event in events}):
        with target.http(agency) as client:
            # Its own events and some of the others', which it must not tell from unknown ones.
            for number, event in enumerate(events):
                if event.publisher != agency and number % 20:
                    continue
                response = ask(client, "GET", f"/v1/events/{event.id}")
                assert response.is_success == (event.publisher == agency)
                yield f"answer to {agency} about {event.id}", response.text
    with target.http(POLICE) as client:
        for number, response in enumerate(bad.through_http(client)):
            assert 400 <= response.status_code < 500, response.status_code
            yield f"problem {number}", f"{response.headers} {response.text}"


def told_at_a_terminal(state: StateDirectory, events: list[Event]) -> Iterator[tuple[str, str]]:
    """What a person sees who asks without `--json`."""
    police = next(event.id for event in events if event.publisher == POLICE)
    commands = {
        "why": ("why", police, "--agency", POLICE),
        "lag": ("lag",),
        "inbox": ("inbox", "read", "--agency", "womens-aid"),
    }
    for name, command in commands.items():
        answer = concordat(*command, "--state", state.path, folder=state.path.parent)
        assert answer.code == 0, answer.err
        yield f"concordat {name}", answer.out + answer.err


def test_every_mark_went_through_the_exchange_and_can_be_found(run: Run) -> None:
    assert len(run.planted) > 1000
    found = {name: marks_in(text) for name, text in run.contents.items()}
    police = {
        mark
        for event in run.events
        if event.publisher == POLICE
        for mark in marks_in(write_event(event).decode()) & run.planted.keys()
    }
    assert police <= found[f"topic {Topics().outbox(POLICE)}"]
    assert run.planted.keys() <= found["topic incidents"]


def test_no_mark_is_in_a_log_a_decision_a_receipt_an_error_or_an_answer(run: Run) -> None:
    leaks = {
        (name, mark): sorted(run.planted.get(mark, {("bad input", "")}))
        for name, text in run.elsewhere.items()
        for mark in marks_in(text) & run.marks
    }
    assert leaks == {}


def test_everything_was_searched_and_held_what_it_is_for(run: Run) -> None:
    searched = run.elsewhere
    for service in ("admit", "route", "deliver", "inbox", "kafka", "postgres"):
        assert searched[f"file {service}.log"]
    for event in run.events:
        assert event.id in searched["table event"]
    assert "true" in searched["table repeat"]
    assert searched["table unreadable_routed"]
    assert searched["topic register"]
    assert searched["topic dead-letters"].count("\n") == 1
    receipts = searched[f"topic receipts.{POLICE}"].splitlines()
    assert len(receipts) == run.bad.refused
    assert len(run.bad.tokens) > 30


@pytest.mark.parametrize("agency", agencies())
def test_an_inbox_holds_no_mark_of_a_field_that_no_agreement_sends_it(
    agency: str, run: Run
) -> None:
    readable = {(kind, path) for kind in CATALOGUE for path in readable_paths(agency, kind)}
    found = marks_in(msgspec.json.encode(run.inboxes[agency]).decode()) & run.marks
    astray = {mark: at for mark in found if not (at := run.planted.get(mark, set())) & readable}
    assert astray == {}


@pytest.mark.parametrize("agency", agencies())
def test_an_inbox_holds_only_fields_that_an_agreement_sends_it(agency: str, run: Run) -> None:
    for item in run.inboxes[agency]:
        delivery = item["delivery"]
        known = leaves(CATALOGUE[delivery["type"]])
        readable = readable_paths(agency, delivery["type"])
        assert {*paths_in(delivery["data"], known)} <= readable


@pytest.mark.parametrize("kind", CATALOGUE)
def test_every_field_that_an_agreement_sends_arrived_so_that_the_search_could_fail(
    kind: str, run: Run
) -> None:
    planted = {path for places in run.planted.values() for at, path in places if at == kind}
    for agency, items in run.inboxes.items():
        found = marks_in(msgspec.json.encode(items).decode()) & run.planted.keys()
        arrived = {path for mark in found for at, path in run.planted[mark] if at == kind}
        assert readable_paths(agency, kind) & planted <= arrived, agency


def paths_in(data: Any, known: Any, path: str = "") -> Iterator[str]:
    """The paths of the leaves in `data`, in the agreement's words."""
    if path in known:
        yield path
    elif isinstance(data, list):
        for element in data:
            yield from paths_in(element, known, f"{path}[]")
    else:
        assert isinstance(data, dict), f"{path} is not declared"
        for name, value in data.items():
            yield from paths_in(value, known, f"{path}.{name}" if path else name)
