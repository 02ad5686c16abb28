"""A record put before its stage again: what comes of it is what the stage says, and no more."""

import json
from typing import Any

import pytest

from builders import NOW, Exchange, agreement_of, crime
from concordat.kafka.topics import Topics
from concordat.stages.record import Record
from concordat.stages.retry import Outcome, retry_admit, retry_route
from concordat_events.envelope import CONTENT_TYPE, read_event, write_event

TOPICS = Topics("t7.")
KEY = b"case-0001"


def exchange() -> Exchange:
    exchange = Exchange()
    exchange.add(agreement_of())
    return exchange


def published(value: bytes | None, agency: str = "police", key: bytes | None = KEY) -> Record:
    return Record(TOPICS.outbox(agency), 1, 5, key, value, CONTENT_TYPE)


def admitted(value: bytes | None) -> Record:
    return Record(TOPICS.incidents, 2, 7, KEY, value, CONTENT_TYPE)


GOOD = json.dumps(crime()).encode()
STORED = write_event(read_event(GOOD))


def test_what_a_registered_agency_published_is_admitted_re_encoded() -> None:
    retried = retry_admit(published(b"  " + GOOD), exchange().book, NOW, TOPICS)
    assert retried.outcome is Outcome.ADMITTED
    assert retried.output is not None
    assert (retried.output.topic, retried.output.key) == (TOPICS.incidents, KEY)
    assert retried.output.value == STORED


def test_what_is_not_registered_stays_as_it_was() -> None:
    retried = retry_admit(published(GOOD, "nobody-known"), exchange().book, NOW, TOPICS)
    assert (retried.outcome, retried.output) == (Outcome.UNCHANGED, None)
    elsewhere = published(GOOD)._replace(topic="t7.somewhere")
    assert retry_admit(elsewhere, exchange().book, NOW, TOPICS).outcome is Outcome.UNCHANGED


@pytest.mark.parametrize(
    "record",
    [
        published(b"\x00 Rosalind Elsie"),
        published(None),
        published(GOOD, key=b"case-0002"),
        published(GOOD, "social-care"),  # the place says whose it is, and it is another's
    ],
)
def test_what_admit_refuses_is_told_to_its_publisher(record: Record) -> None:
    retried = retry_admit(record, exchange().book, NOW, TOPICS)
    assert retried.outcome is Outcome.REFUSED
    assert retried.output is not None
    assert retried.output.topic == TOPICS.receipts(TOPICS.agency_of(record.topic) or "")
    assert b"Rosalind" not in retried.output.value


def test_an_incident_that_can_be_read_now_is_admitted_anew() -> None:
    retried = retry_route(admitted(STORED), exchange().book, NOW, TOPICS)
    assert retried.outcome is Outcome.ROUTED_AGAIN
    assert retried.output is not None
    assert retried.output == (TOPICS.incidents, KEY, STORED, CONTENT_TYPE)


def test_bytes_that_route_would_not_have_written_are_re_encoded() -> None:
    retried = retry_route(admitted(b"  " + GOOD), exchange().book, NOW, TOPICS)
    assert retried.output is not None
    assert b"  " + GOOD != STORED == retried.output.value


def changed(**changes: Any) -> bytes:
    return json.dumps({**crime(), **changes}).encode()


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\x00\xff",
        b"{}",
        STORED[:-1],
        STORED.replace(b'"drugs"', b"17"),
        changed(data={**crime()["data"], "undeclared": 1}),
        changed(source="//nobody-known"),
        changed(type="unknown.v1"),
        b"[" * 100_000,
    ],
)
def test_an_incident_that_cannot_be_read_stays_as_it_was(value: bytes | None) -> None:
    retried = retry_route(admitted(value), exchange().book, NOW, TOPICS)
    assert (retried.outcome, retried.output) == (Outcome.UNCHANGED, None)


def test_only_what_was_dealt_with_is_settled() -> None:
    assert {each for each in Outcome if not each.settles} == {Outcome.UNCHANGED, Outcome.GONE}
