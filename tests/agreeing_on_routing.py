"""What the stages make of a situation, byte in and byte out, beside the naive evaluator."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

import naive
from concordat.agreements.book import Book
from concordat.kafka.topics import Topics
from concordat.stages.admit import admit_stage
from concordat.stages.record import Record
from concordat.stages.route import route_stage
from concordat.stages.routed import RoutedRecord, SharedRecord, read_routed
from concordat_events.envelope import CONTENT_TYPE
from naive_register import Plain

Key = tuple[str, str, str]
"""Agency, agreement, law of one delivery."""
Leaf = tuple[str, str, Any]
"""Where a value stands in a delivery's `data`, and the value."""

TOPICS = Topics()
ADMIT, ROUTE = admit_stage(TOPICS), route_stage(TOPICS, b"k" * 32)


@dataclass
class Sent:
    """What left, counted: values of fields delivered, beyond the agreement, missing from it."""

    deliveries: int = 0
    fields: int = 0
    beyond: int = 0
    missing: int = 0
    withheld: int = 0

    def add(self, other: "Sent") -> None:
        """Take the counts of another part."""
        for each in fields(self):
            setattr(self, each.name, getattr(self, each.name) + getattr(other, each.name))


def through_the_stages(book: Book, events: list[Plain], now: datetime) -> list[RoutedRecord]:
    """Admit and route the events, in one batch each, as bytes; raises when one is refused."""
    published = [
        Record(
            TOPICS.outbox(event["source"][2:]),
            0,
            number,
            event["subject"].encode(),
            json.dumps(event).encode(),
            CONTENT_TYPE,
        )
        for number, event in enumerate(events)
    ]
    admitted = ADMIT(published, book, now)
    refused = [each.value for each in admitted if each.topic != TOPICS.incidents]
    assert not refused, refused[:1]
    incidents = [
        Record(each.topic, 0, number, each.key, each.value, each.content_type)
        for number, each in enumerate(admitted)
    ]
    return [read_routed(each.value) for each in ROUTE(incidents, book, now)]


def differences_of_routing(
    routed: RoutedRecord,
    deliveries: Mapping[Key, naive.Delivered],
    withheld: Mapping[str, str],
    sent: Sent,
) -> Iterator[str]:
    """Yield where a routed record differs from what by hand is delivered and withheld."""
    found = {(each.agency, each.agreement, each.law): each for each in routed.shared}
    if len(found) != len(routed.shared):
        yield f"{routed.id}: an agency gets two deliveries under one law"
    for key in found.keys() | deliveries.keys():
        yield from _of_delivery(routed.id, key, found.get(key), deliveries.get(key), sent)
    told = {each.agency: str(each.reason) for each in routed.withheld}
    if told != withheld or len(told) != len(routed.withheld):
        yield f"{routed.id}: withheld {told}, not {withheld}"
    sent.withheld += len(told)


def _of_delivery(
    event: str, key: Key, found: SharedRecord | None, own: naive.Delivered | None, sent: Sent
) -> Iterator[str]:
    names, data, said = set[str](), {}, None
    if found is not None:
        sent.deliveries += 1
        data = json.loads(bytes(found.delivery))["data"]
        names, said = set(found.fields), (found.version, found.shares)
    sent.fields += len(names)
    allowed = own or naive.Delivered(0)
    if said == (allowed.version, allowed.shares) and (names, data) == (
        allowed.fields,
        allowed.data,
    ):
        return
    gave, might = set(leaves_in(data)), set(leaves_in(allowed.data))
    sent.beyond += len(gave - might) + len(names - allowed.fields)
    sent.missing += len(might - gave) + len(allowed.fields - names)
    yield f"{event}: {key} gets {said} {sorted(names)} {data}, not {own}"


def leaves_in(data: Any, path: str = "") -> Iterator[Leaf]:
    """Every scalar of `data` with its place; an empty object or list is one too: it tells."""
    if isinstance(data, dict) and data:
        for name, each in data.items():
            yield from leaves_in(each, f"{path}.{name}")
    elif isinstance(data, list) and data:
        for number, each in enumerate(data):
            yield from leaves_in(each, f"{path}[{number}]")
    elif path:
        # true and 1 are equal to Python, not to a reader.
        yield path, type(data).__name__, None if isinstance(data, dict | list) else data
