"""The example events, decided under the demonstration's agreements by the stages themselves."""

import json
from pathlib import Path
from typing import Any

from builders import NOW, RECORDED
from concordat.agreements.book import Book, BookKeeper
from concordat.agreements.register import Register
from concordat.kafka.topics import Topics
from concordat.runtime.clock import system_clock
from concordat.stack.development_keys import DevelopmentKeys
from concordat.stack.publication import plan_publication
from concordat.stack.state_directory import StateDirectory
from concordat.stages.admit import admit_stage
from concordat.stages.record import Record
from concordat.stages.route import route_stage
from concordat.stages.routed import RoutedRecord, SharedRecord, read_routed
from concordat_events.envelope import CONTENT_TYPE, read_event
from contract.examples import valid_examples
from contract.folder import contracts

TOPICS = Topics()

Received = set[tuple[str, str, str]]


def demonstration_book(state: Path, without: tuple[str, ...] = ()) -> Book:
    """The contracts, signed by all who sign; `without` names register keys that are missing."""
    keeper = BookKeeper()
    keys = DevelopmentKeys(StateDirectory(state))
    records = plan_publication(contracts(), Register(), system_clock(), keys).records
    assert set(without) <= {record.key for record in records}
    for offset, record in enumerate(each for each in records if each.key not in without):
        keeper.apply(record.key, record.value, offset=offset, recorded_at=RECORDED)
    assert not keeper.register.refused
    return keeper.book


def decide(value: bytes, book: Book) -> RoutedRecord:
    """What admit and route make of a published event."""
    event = read_event(value)
    place = (TOPICS.outbox(event.publisher), 0, 0)
    published = Record(*place, event.subject.encode(), value, CONTENT_TYPE)
    (admitted,) = admit_stage(TOPICS)([published], book, NOW)
    incident = Record(TOPICS.incidents, 0, 0, admitted.key, admitted.value, CONTENT_TYPE)
    (routed,) = route_stage(TOPICS, b"k" * 32)([incident], book, NOW)
    return read_routed(routed.value)


def example(event_type: str, name: str) -> bytes:
    """One valid example's bytes."""
    (value,) = (
        each.value
        for each in valid_examples()
        if (each.event_type, each.name) == (event_type, name)
    )
    return value


def changed(value: bytes, path: str, to: Any) -> bytes:
    """The event with another value at `path` of its data, or of its envelope (`/source`)."""
    event = json.loads(value)
    *parents, last = path.removeprefix("/").split(".")
    node = event if path.startswith("/") else event["data"]
    for parent in parents:
        node = node[parent]
    node[last] = to
    return json.dumps(event).encode()


def received(routed: RoutedRecord) -> Received:
    """Who got something, under which law and shares."""
    return {(each.agency, each.law, ",".join(each.shares)) for each in routed.shared}


def reasons(routed: RoutedRecord) -> dict[str, str]:
    """Who got nothing of it, and why."""
    return {each.agency: each.reason for each in routed.withheld}


def shares(routed: RoutedRecord) -> set[str]:
    """Every share that held."""
    return {share for each in routed.shared for share in each.shares}


def delivery_to(agency: str, routed: RoutedRecord) -> SharedRecord:
    """The one delivery to `agency`."""
    (shared,) = (each for each in routed.shared if each.agency == agency)
    return shared


def data_of(shared: SharedRecord) -> dict[str, Any]:
    """What the recipient reads."""
    data: dict[str, Any] = json.loads(bytes(shared.delivery))["data"]
    return data
