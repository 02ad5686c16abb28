import time

from confluent_kafka import Producer, TopicPartition

from concordat.kafka.lag import Lag, Position, committed_positions, lag_of
from concordat.streams.groups import group_of
from exchange_on_kafka import KafkaExchange, event
from waiting import until


def lag_of_route(exchange: KafkaExchange) -> Lag:
    topics = [exchange.topics.incidents]
    positions = committed_positions(exchange.admin, group_of("route", exchange.topics), topics)
    (lag,) = lag_of(exchange.kafka, "route", positions)
    return lag


def test_a_group_that_never_committed_is_behind_by_everything(exchange: KafkaExchange) -> None:
    assert lag_of_route(exchange) == Lag("route", exchange.topics.incidents, 0, 0)
    exchange.admit_directly(event(number) for number in range(137))
    assert lag_of_route(exchange).behind == 137


def test_nothing_behind_is_zero_and_so_is_its_age(exchange: KafkaExchange) -> None:
    exchange.admit_directly(event(number) for number in range(137))
    with exchange.thread("route"):
        exchange.until_drained("route")
        assert lag_of_route(exchange) == Lag("route", exchange.topics.incidents, 0, 0)


def test_behind_and_age_are_those_of_the_first_record_that_is_not_processed(
    exchange: KafkaExchange,
) -> None:
    exchange.admit_directly(event(number) for number in range(50))
    with exchange.thread("route"):
        exchange.until_drained("route")
    exchange.admit_directly([event(50)])
    first = max(record.written_at for record in exchange.incidents())
    exchange.admit_directly(event(number) for number in range(51, 60))
    before = time.time()
    lag = lag_of_route(exchange)
    after = time.time()
    assert lag.behind == 10
    assert before - first / 1000 - 0.001 <= lag.age_seconds <= after - first / 1000 + 0.001


def test_records_deleted_by_retention_are_not_counted(exchange: KafkaExchange) -> None:
    exchange.admit_directly(event(number, cases=1) for number in range(20))
    (place,) = {(record.topic, record.partition) for record in exchange.incidents()}
    kept_from = TopicPartition(*place, 15)
    exchange.admin.delete_records([kept_from])[kept_from].result(30)
    assert lag_of_route(exchange).behind == 5


def test_each_topic_has_its_own_lag_and_a_missing_one_has_none(exchange: KafkaExchange) -> None:
    exchange.publish([event(1), event(2)])
    topics = [exchange.topics.outbox("police"), exchange.topics.outbox("womens-aid"), "never-made"]
    group = group_of("admit", exchange.topics)
    positions = committed_positions(exchange.admin, group, topics)
    assert {position.topic for position in positions} == set(topics[:2])
    found = {lag.topic: lag.behind for lag in lag_of(exchange.kafka, "admit", positions)}
    assert found == {topics[0]: 2, topics[1]: 0}
    assert committed_positions(exchange.admin, group, ["never-made"]) == []
    assert positions[0] == Position(topics[0], 0, 0)


def test_the_end_of_an_agencys_transaction_is_nothing_behind(exchange: KafkaExchange) -> None:
    outbox = exchange.topics.outbox("police")
    producer = Producer({"bootstrap.servers": exchange.kafka, "transactional.id": outbox})
    producer.init_transactions(30)
    producer.begin_transaction()
    producer.produce(outbox, event(1), b"case-00000001", partition=0)
    producer.commit_transaction(30)
    until(lambda: exchange.written(outbox) == 2, "the end of the transaction is in the log")
    (waiting,) = lag_of(exchange.kafka, "admit", [Position(outbox, 0, 0)])
    assert waiting.behind == 2
    assert lag_of(exchange.kafka, "admit", [Position(outbox, 0, 1)]) == [Lag("admit", outbox, 0, 0)]
