from concordat.kafka.register_log import RegisterLog, RegisterRecord
from exchange_on_kafka import KafkaExchange


async def test_only_records_with_a_new_key_are_appended_in_their_order(
    exchange: KafkaExchange,
) -> None:
    log = RegisterLog(exchange.kafka, exchange.topics)
    there = [key for key, _value in exchange.register.log]
    assert await log.keys() == set(there)
    new = [RegisterRecord(f"agency/new-{number}", b"{}") for number in range(5)]
    changed = RegisterRecord(there[0], b"rewritten")
    assert await log.append([new[0], changed, *new[1:]]) == 5
    assert await log.append([changed, *new]) == 0
    written = exchange.read(exchange.topics.register)
    assert [record.key.decode() for record in written] == there + [each.key for each in new]
    assert all(record.value != b"rewritten" for record in written)
    assert written[-1].content_type == "application/json"


async def test_a_key_that_stands_twice_in_one_call_is_written_once(
    exchange: KafkaExchange,
) -> None:
    log = RegisterLog(exchange.kafka, exchange.topics)
    twice = [RegisterRecord("agency/new", b"first"), RegisterRecord("agency/new", b"second")]
    assert await log.append([*twice, twice[0]]) == 1
    (*_, last) = exchange.read(exchange.topics.register)
    assert last.value == b"first"
