"""One record of `incidents` by its place; what the log no longer holds is not there."""

import pytest
from confluent_kafka import TopicPartition

from concordat.kafka.incident import IncidentLog, IncidentsUnavailable
from concordat.stack.ports import pick_port
from exchange_on_kafka import KafkaExchange
from kafka_log import append, read_to_end


def _written(exchange: KafkaExchange, count: int) -> list[tuple[int, int, bytes]]:
    """Records in `incidents`, in one batch a partition, and where each one is."""
    records = [(f"case-{number:04d}".encode(), b"value-%d" % number) for number in range(count)]
    assert not append(exchange.producer, exchange.topics.incidents, records)
    read = read_to_end(exchange.kafka, exchange.topics.incidents)
    return [(record.partition, record.offset, record.value) for record in read]


async def test_each_record_is_found_at_its_place(exchange: KafkaExchange) -> None:
    log = IncidentLog(exchange.kafka, exchange.topics)
    written = _written(exchange, 40)
    assert len(written) == 40
    assert len({partition for partition, _, _ in written}) > 1
    for partition, offset, value in [*written[:3], *written[-3:]]:
        assert await log.read(partition, offset) == value


async def test_a_place_behind_the_end_holds_nothing(exchange: KafkaExchange) -> None:
    log = IncidentLog(exchange.kafka, exchange.topics)
    partition, offset, _ = _written(exchange, 1)[-1]
    assert await log.read(partition, offset + 1) is None


async def test_a_record_whose_retention_has_ended_is_not_there(exchange: KafkaExchange) -> None:
    log = IncidentLog(exchange.kafka, exchange.topics)
    written = _written(exchange, 40)
    partition = written[0][0]
    gone, kept = (each for each in written if each[0] == partition and each[1] < 2)
    place = TopicPartition(exchange.topics.incidents, partition, 1)
    exchange.admin.delete_records([place])[place].result(30)
    assert await log.read(partition, gone[1]) is None
    assert await log.read(partition, kept[1]) == kept[2]


async def test_a_log_that_does_not_answer_is_said_to_be_unavailable(
    exchange: KafkaExchange,
) -> None:
    log = IncidentLog(f"127.0.0.1:{pick_port()}", exchange.topics)
    with pytest.raises(IncidentsUnavailable):
        await log.read(0, 0)
