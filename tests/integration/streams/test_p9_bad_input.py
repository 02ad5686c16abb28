"""P9: bad input is somebody's receipt, never a stopped stream."""

from dataclasses import replace

import msgspec
import pytest
from confluent_kafka import KafkaError, Producer

from concordat.kafka.topics_admin import apply_topics
from concordat_events.envelope import CONTENT_TYPE
from exchange_on_kafka import KafkaExchange, event, keyed
from kafka_log import append

CANARY = "Rosalind Elsie Canary"
KEY = b"case-00000001"
GOOD = event(1)
KIBIBYTE = 1024

# What is published (key, value, content type), and the reason of its receipt.
BAD = {
    "garbage bytes": (KEY, b"\x00\x01\x02\x03", CONTENT_TYPE, "NOT_JSON"),
    "null value": (KEY, None, CONTENT_TYPE, "EMPTY"),
    "empty value": (KEY, b"", CONTENT_TYPE, "EMPTY"),
    "null key": (None, GOOD, CONTENT_TYPE, "WRONG_KEY"),
    "key other than the subject": (CANARY.encode(), GOOD, CONTENT_TYPE, "WRONG_KEY"),
    "wrong source": (KEY, event(1, source="//womens-aid"), CONTENT_TYPE, "WRONG_SOURCE"),
    "unknown type": (KEY, event(1, type=f"x.{CANARY}.v1"), CONTENT_TYPE, "UNKNOWN_TYPE"),
    "undeclared field": (
        KEY,
        GOOD.replace(b'"category"', f'"{CANARY}":1,"category"'.encode()),
        CONTENT_TYPE,
        "UNDECLARED",
    ),
    "undeclared attribute": (KEY, event(1, victim=CANARY), CONTENT_TYPE, "UNDECLARED"),
    "wrong field type": (
        KEY,
        event(1, data={"category": 7, "month": "2025-12", "context": CANARY}),
        CONTENT_TYPE,
        "WRONG_TYPE",
    ),
    "duplicate keys": (
        KEY,
        GOOD.replace(b'"category"', f'"context":"{CANARY}","context":"","category"'.encode()),
        CONTENT_TYPE,
        "DUPLICATE_KEY",
    ),
    "invalid UTF-8": (KEY, GOOD.replace(b"drugs", b"dr\xffgs"), CONTENT_TYPE, "NOT_UTF8"),
    "id that is a name": (KEY, event(1, id=CANARY), CONTENT_TYPE, "WRONG_VALUE"),
    "subject with a space": (
        CANARY.encode(),
        event(1, subject=CANARY),
        CONTENT_TYPE,
        "WRONG_VALUE",
    ),
    "200 KB": (
        KEY,
        event(1, data={"category": "drugs", "month": "2025-12", "context": CANARY * 10_000}),
        CONTENT_TYPE,
        "TOO_LARGE",
    ),
    "wrong content type": (KEY, GOOD, "application/json", "CONTENT_TYPE"),
    "no content type": (KEY, GOOD, None, "CONTENT_TYPE"),
    "unknown agency withheld from": (
        KEY,
        event(1, withholdfrom="nobody-known"),
        CONTENT_TYPE,
        "UNKNOWN_AGENCY",
    ),
    "nested beyond any parser": (KEY, b"[" * 60_000, CONTENT_TYPE, "NOT_JSON"),
    "a list": (KEY, b"[]", CONTENT_TYPE, "NOT_JSON"),
}


def test_every_bad_record_gets_one_receipt_with_its_reason_and_the_good_ones_arrive(
    exchange: KafkaExchange,
) -> None:
    outbox, receipts = exchange.topics.outbox("police"), exchange.topics.receipts("police")
    for key, value, content_type, _reason in BAD.values():
        assert not append(exchange.producer, outbox, [(key, value)], content_type)
    sent = {(record.partition, record.offset): record for record in exchange.read(outbox)}
    after = [event(number) for number in range(100, 200)]
    exchange.publish(after)
    with exchange.thread("admit"):
        exchange.until_drained("admit")
    assert {record.value for record in exchange.incidents()} == set(after)
    told = exchange.read(receipts)
    assert all(CANARY.encode() not in record.value + record.key for record in told)
    found = []
    for record in told:
        refusal = msgspec.json.decode(record.value)["data"]
        bad = sent.pop((refusal["partition"], refusal["offset"]))
        codes = {fault["code"] for fault in refusal["faults"]}
        names = _names(bad.key, bad.value, bad.content_type)
        assert any(BAD[name][3] in codes for name in names), names
        found.append(bad)
    assert sent == {}
    assert len(found) == len(BAD)
    assert exchange.written(exchange.topics.dead_letters) == 0


def _names(key: bytes, value: bytes, content_type: str | None) -> list[str]:
    return [
        name
        for name, (bad_key, bad_value, bad_type, _reason) in BAD.items()
        if ((bad_key or b""), (bad_value or b""), bad_type) == (key, value, content_type)
    ]


def test_an_outbox_of_nobody_gets_dead_letters_without_contents(exchange: KafkaExchange) -> None:
    ours = exchange.plan_of(exchange.topics.outbox("police"))
    unregistered = exchange.topics.outbox("impostor")
    apply_topics(exchange.admin, [replace(ours, name=unregistered)])
    assert not append(exchange.producer, unregistered, [(CANARY.encode(), CANARY.encode())])
    exchange.publish([event(1)])
    with exchange.thread("admit"):
        exchange.until_drained("admit")
    (letter,) = exchange.read(exchange.topics.dead_letters)
    content = msgspec.json.decode(letter.value)
    assert (content["topic"], content["reason"]) == (unregistered, "UNKNOWN_AGENCY")
    assert CANARY.encode() not in letter.value + letter.key
    assert len(exchange.incidents()) == 1


def test_an_incident_that_cannot_be_read_is_withheld_from_all_and_the_next_is_shared(
    exchange: KafkaExchange,
) -> None:
    rubbish: list[tuple[bytes | None, bytes | None]] = [
        (b"case-0001", CANARY.encode()),
        (b"case-0001", None),
        (None, b"{}"),
    ]
    assert not append(exchange.producer, exchange.topics.incidents, rubbish)
    exchange.admit_directly([event(1)])
    with exchange.thread("route"):
        exchange.until_drained("route")
    routed = exchange.routed()
    unreadable = [record for record in routed if record.source == "//unreadable"]
    assert len(unreadable) == 3
    for record in unreadable:
        assert record.shared == []
        assert {withheld.agency for withheld in record.withheld} == set(
            exchange.register.book.agencies
        )
    assert [len(record.shared) for record in routed if record.id == "police-00000001"] == [2]
    letters = exchange.read(exchange.topics.dead_letters)
    assert len(letters) == 3
    assert all(CANARY.encode() not in letter.value for letter in letters)


@pytest.mark.parametrize("compression", ["none", "gzip", "lz4", "zstd"])
def test_what_is_larger_than_one_mebibyte_is_refused_where_it_is_sent(
    exchange: KafkaExchange, compression: str
) -> None:
    settings: dict[str, str | int] = {
        "bootstrap.servers": exchange.kafka,
        "message.max.bytes": 16 * KIBIBYTE * KIBIBYTE,
        "compression.type": compression,
    }
    producer = Producer(settings)
    outbox = exchange.topics.outbox("police")
    (refused,) = append(producer, outbox, [(KEY, b" " * (2 * KIBIBYTE * KIBIBYTE))])
    assert refused.code() == KafkaError.MSG_SIZE_TOO_LARGE
    assert append(producer, outbox, keyed([GOOD])) == []
    assert exchange.written(outbox) == 1


def test_a_record_of_very_many_faults_does_not_hold_up_the_others(exchange: KafkaExchange) -> None:
    fields = {f"{number:x}": 1 for number in range(15_000)}
    bad = event(1, data={"category": "drugs", "month": "2025-12", **fields})
    assert len(bad) < 128 * KIBIBYTE
    exchange.publish([bad] * 5)
    exchange.publish([GOOD])
    with exchange.thread("admit") as admit:
        admit.until_ready()
        exchange.until_drained("admit", seconds=10)
    assert len(exchange.incidents()) == 1
    receipts = exchange.read(exchange.topics.receipts("police"))
    assert len(receipts) == 5
    assert max(len(record.value) for record in receipts) < 1024 * KIBIBYTE
