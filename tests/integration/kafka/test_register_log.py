"""Reading and writing the register topic of a real broker."""

import time
from datetime import UTC, datetime

import pytest

from builders import Exchange
from concordat.kafka.register_log import RegisterLog, RegisterRecord
from concordat.kafka.register_writer import (
    RegisterNotWritten,
    RegisterWriter,
    open_register_writer,
)
from concordat.kafka.topics import Topics
from exchange_on_kafka import AGREEMENT, KafkaExchange
from signed_notices import notice_of, record_of


def _agency(number: int, controller: str = "council") -> RegisterRecord:
    content = f'{{"schema":"concordat/agency/v1","id":"new-{number}","name":"New"'
    value = f'{content},"controller":"{controller}"}}'
    return RegisterRecord(f"agency/new-{number}", value.encode())


def _notice(exchange: Exchange) -> RegisterRecord:
    return RegisterRecord(*record_of(notice_of(AGREEMENT, "council", "suspend"), exchange))


async def test_the_register_is_read_to_its_end_as_it_was_recorded(exchange: KafkaExchange) -> None:
    register = await RegisterLog(exchange.kafka, exchange.topics).read()
    expected = exchange.register.keeper.register
    assert register.next_offset == expected.next_offset
    assert (register.agreements, register.signatures) == (expected.agreements, expected.signatures)
    # The broker says when: a moment ago, not the day that the test's own register says.
    signature = register.admitted[f"signature/{AGREEMENT.id}/1/council"]
    assert signature.kid == "council-1"
    assert abs(signature.recorded_at.timestamp() - time.time()) < 300


async def test_only_what_the_register_would_take_is_appended_in_order(
    exchange: KafkaExchange,
) -> None:
    log = RegisterLog(exchange.kafka, exchange.topics)
    there = [key for key, _value in exchange.register.log]
    new = [_agency(number) for number in range(5)]
    known = RegisterRecord(there[0], b"rewritten")
    stranger = _agency(7, controller="nobody")
    assert await log.append([new[0], known, stranger, *new[1:], new[0]]) == 5
    assert await log.append([known, stranger, *new]) == 0
    written = exchange.read(exchange.topics.register)
    assert [record.key.decode() for record in written] == there + [each.key for each in new]
    assert all(record.value != b"rewritten" for record in written)
    assert written[-1].content_type == "application/json"


async def test_the_writer_says_when_a_record_was_recorded_and_writes_a_key_once(
    exchange: KafkaExchange,
) -> None:
    record = _notice(exchange.register)
    async with open_register_writer(exchange.kafka, exchange.topics) as writer:
        recorded_at = await writer.write(record)
        assert await writer.write(record) == recorded_at
        assert await writer.write(_agency(1)) >= recorded_at
    (*_, notice, agency) = exchange.read(exchange.topics.register)
    assert (notice.key.decode(), notice.value) == (record.key, record.value)
    assert agency.key == b"agency/new-1"
    assert notice.content_type == "application/json"
    register = await RegisterLog(exchange.kafka, exchange.topics).read()
    assert register.admitted[record.key].recorded_at == recorded_at
    assert register.refused == []


async def test_without_a_broker_nothing_is_said_to_be_written() -> None:
    writer = RegisterWriter("127.0.0.1:1", Topics())
    with pytest.raises(RegisterNotWritten):
        await writer.write(_agency(1))


async def test_after_a_failure_the_next_record_is_written_by_a_new_producer(
    exchange: KafkaExchange,
) -> None:
    async with open_register_writer(exchange.kafka, exchange.topics) as writer:
        await writer.write(_agency(1))
        first = writer._kept._producer
        assert first is not None
        await first.stop()  # as a producer that will never work again
        with pytest.raises(RegisterNotWritten):
            await writer.write(_agency(2))
        assert await writer.write(_agency(2)) > datetime(2026, 1, 1, tzinfo=UTC)
        assert writer._kept._producer is not first
