"""`incidents` between two instants of its own clock: exactly those, each partition in order."""

import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from confluent_kafka import TopicPartition

from concordat.kafka.incidents_log import IncidentsLog, IncidentsUnreadable, Stretch
from concordat.stages.record import Record
from exchange_on_kafka import KafkaExchange
from kafka_log import Written, append, read_to_end
from waiting import until

EVER = datetime(2000, 1, 1, tzinfo=UTC)
TICK = timedelta(milliseconds=1)


@pytest.fixture
def log(exchange: KafkaExchange) -> Iterator[IncidentsLog]:
    with IncidentsLog(exchange.kafka, exchange.topics.incidents) as log:
        yield log


def write(exchange: KafkaExchange, name: str, count: int = 60) -> list[Written]:
    """Append records of 20 cases, and return all that the log holds."""
    records = [(b"case-%04d" % (n % 20), b"%s-%d" % (name.encode(), n)) for n in range(count)]
    assert not append(exchange.producer, exchange.topics.incidents, records)
    return read_to_end(exchange.kafka, exchange.topics.incidents)


def next_tick(written: list[Written]) -> datetime:
    """Wait until the log's clock shows another time than that of all records; return theirs."""
    last = max(record.written_at for record in written)
    until(lambda: time.time() * 1000 > last + 2, "the clock has moved on")
    return instant(last)


def instant(milliseconds: int) -> datetime:
    return datetime.fromtimestamp(0, UTC) + timedelta(milliseconds=milliseconds)


def read(log: IncidentsLog, since: datetime, until_: datetime | None = None) -> list[Record]:
    found = log.between(since, until_)
    records = [record for batch in log.read(found) for record in batch]
    assert len(records) == sum(each.count for each in found)
    return records


def values(records: list[Record] | list[Written]) -> Counter[bytes | None]:
    return Counter(record.value for record in records)


def test_all_of_it_is_read_once_and_each_partition_in_its_order(
    exchange: KafkaExchange, log: IncidentsLog
) -> None:
    written = write(exchange, "a", 3000)
    records = read(log, EVER)
    assert len(records) == 3000
    in_order = sorted(records, key=lambda record: record.partition)  # a stable sort
    assert [(each.partition, each.offset, each.key, each.value) for each in in_order] == [
        (each.partition, each.offset, each.key, each.value) for each in written
    ]
    assert {each.written_at for each in records} == {each.written_at for each in written}
    assert len({each.partition for each in records}) > 1


def test_from_is_included_and_to_is_not(exchange: KafkaExchange, log: IncidentsLog) -> None:
    early = write(exchange, "early")
    last = next_tick(early)
    both = write(exchange, "late")
    late = [record for record in both if record.value.startswith(b"late")]
    first_late = instant(min(record.written_at for record in late))
    assert values(read(log, first_late)) == values(late)
    assert values(read(log, EVER, first_late)) == values(early)
    assert values(read(log, last + TICK / 2)) == values(late)  # between two ticks of the log
    at_last = [record for record in early if instant(record.written_at) == last]
    assert values(read(log, last, last + TICK)) == values(at_last)
    assert at_last
    assert values(read(log, EVER, last + TICK)) == values(early)


def test_a_stretch_ends_where_the_log_ended_when_it_was_asked(
    exchange: KafkaExchange, log: IncidentsLog
) -> None:
    early = write(exchange, "early")
    found = log.between(EVER)
    write(exchange, "late")
    records = [record for batch in log.read(found) for record in batch]
    assert values(records) == values(early)


def test_beyond_the_end_and_in_an_empty_log_there_is_nothing(
    exchange: KafkaExchange, log: IncidentsLog
) -> None:
    assert log.between(EVER) == []
    written = write(exchange, "a")
    future = next_tick(written) + timedelta(days=1)
    assert log.between(future) == []
    assert log.between(future, future + timedelta(days=1)) == []
    assert values(read(log, EVER, future)) == values(written)
    assert log.between(future, EVER) == []  # to before from
    assert list(log.read([])) == []


def test_what_retention_took_is_left_out(exchange: KafkaExchange, log: IncidentsLog) -> None:
    written = write(exchange, "a")
    partition = written[0].partition
    place = TopicPartition(exchange.topics.incidents, partition, 2)
    exchange.admin.delete_records([place])[place].result(30)
    kept = [each for each in written if each.partition != partition or each.offset >= 2]
    assert values(read(log, EVER)) == values(kept)


def test_what_retention_takes_while_it_is_read_is_an_error_and_no_gap(
    exchange: KafkaExchange, log: IncidentsLog
) -> None:
    written = write(exchange, "a")
    partition = written[0].partition
    found = log.between(EVER)
    place = TopicPartition(exchange.topics.incidents, partition, 2)
    exchange.admin.delete_records([place])[place].result(30)
    with pytest.raises(IncidentsUnreadable, match="cannot be read"):
        list(log.read(found))


def test_a_log_can_be_read_twice(exchange: KafkaExchange, log: IncidentsLog) -> None:
    written = write(exchange, "a")
    assert values(read(log, EVER)) == values(read(log, EVER)) == values(written)
    assert log.between(EVER) == [
        Stretch(partition, 0, count)
        for partition, count in sorted(Counter(each.partition for each in written).items())
    ]


def test_a_topic_that_is_not_there_is_said_to_be_missing(exchange: KafkaExchange) -> None:
    with (
        IncidentsLog(exchange.kafka, exchange.topics.prefix + "nowhere") as log,
        pytest.raises(IncidentsUnreadable, match="nowhere"),
    ):
        log.between(EVER)
