"""P3: a register that cannot be read to its end stops every output."""

import time

import pytest
from confluent_kafka import Producer

from concordat.kafka.topic_identity import EVERY_SECONDS
from concordat.runtime.errors import RegisterUnavailable
from concordat.streams.clients import common_settings, stage_consumer
from concordat.streams.groups import group_of
from exchange_on_kafka import AGREEMENT, KafkaExchange, event
from integration.streams.register_faults import (
    NOT_READ,
    Gate,
    assert_all_fifty_are_routed_and_shared,
    break_while_a_batch_is_in_hand,
    hide_the_end,
    make_the_register_again,
    show_the_end,
)
from waiting import until

NOT_ASKED = "the register's end cannot be asked"
SHORTER = "the register is shorter than last seen"
ANOTHER = "the register is another than was read"


@pytest.mark.timeout(120)
def test_a_register_that_cannot_be_read_to_its_end_stops_output_until_it_can(
    exchange: KafkaExchange,
) -> None:
    gate = Gate()
    with exchange.thread("route", hook=gate) as route:
        break_while_a_batch_is_in_hand(exchange, route, gate, lambda: hide_the_end(exchange))
        route.until_not_ready(NOT_READ)
        assert exchange.written(exchange.topics.routed) == exchange.committed("route") == 0
        show_the_end(exchange)
        route.until_ready()
        exchange.until_drained("route")
    assert_all_fifty_are_routed_and_shared(exchange)


@pytest.mark.timeout(120)
def test_partitions_that_leave_a_waiting_stage_and_come_back_later_are_worked_on(
    exchange: KafkaExchange,
) -> None:
    group = group_of("route", exchange.topics)
    other = stage_consumer(common_settings(exchange.kafka, "other"), group, "range")
    with exchange.thread("route") as route:
        route.until_ready()
        hide_the_end(exchange)
        route.until_not_ready(NOT_READ)
        other.subscribe([exchange.topics.incidents])
        until(lambda: other.consume(1, 0.1) or other.assignment(), "the other one has its share")
        show_the_end(exchange)
        route.until_ready()
        other.close()
        exchange.admit_directly(event(number) for number in range(50))
        exchange.until_drained("route", seconds=30)
    assert_all_fifty_are_routed_and_shared(exchange)


@pytest.mark.timeout(120)
def test_a_register_that_is_gone_stops_output_until_the_stage_leaves(
    exchange: KafkaExchange,
) -> None:
    gate = Gate()

    def delete() -> None:
        topic = exchange.topics.register
        exchange.admin.delete_topics([topic])[topic].result(30)
        until(lambda: topic not in exchange.admin.list_topics(timeout=30).topics, "it is deleted")

    with exchange.thread("route", hook=gate, patience=4) as route:
        break_while_a_batch_is_in_hand(exchange, route, gate, delete)
        route.until_not_ready(NOT_ASKED)
        route.until_ended()
    assert isinstance(route.error, RegisterUnavailable)
    assert exchange.written(exchange.topics.routed) == exchange.committed("route") == 0


@pytest.mark.timeout(120)
@pytest.mark.parametrize(("records", "said"), [(3, SHORTER), (None, ANOTHER)])
def test_a_register_made_again_stops_output(
    exchange: KafkaExchange, records: int | None, said: str
) -> None:
    gate = Gate()

    def make_it_again() -> None:
        make_the_register_again(exchange, records)
        time.sleep(EVERY_SECONDS)  # which register it is, is asked no sooner

    with exchange.thread("route", hook=gate, patience=4) as route:
        break_while_a_batch_is_in_hand(exchange, route, gate, make_it_again)
        route.until_not_ready(said)
        route.until_ended()
    assert isinstance(route.error, RegisterUnavailable)
    assert exchange.written(exchange.topics.routed) == exchange.committed("route") == 0


@pytest.mark.timeout(120)
def test_a_record_behind_an_unfinished_transaction_is_not_overlooked(
    exchange: KafkaExchange,
) -> None:
    exchange.register.notify(AGREEMENT, "police-authority", "withdraw")
    with exchange.thread("route") as route:
        route.until_ready()
        writer = Producer(
            {"bootstrap.servers": exchange.kafka, "transactional.id": exchange.topics.prefix}
        )
        writer.init_transactions(30)
        writer.begin_transaction()
        writer.produce(exchange.topics.register, b"{}", b"of-no-kind")
        assert writer.flush(30) == 0
        exchange.write_register()
        exchange.admit_directly(event(number) for number in range(50))
        until(
            lambda: not route.health.ready or exchange.behind("route") == 0,
            "the stage stops or has seen the notice",
        )
        writer.abort_transaction(30)
        show_the_end(exchange)
        exchange.until_drained("route")
    assert [record.shared for record in exchange.routed()] == [[]] * 50


def test_a_register_that_was_shorter_once_is_not_believed_again(exchange: KafkaExchange) -> None:
    with exchange.thread("route") as route:
        route.until_ready()
        feed = route.parts.feed
        feed._position += 1  # as if the log had lost its last record
        route.until_not_ready(SHORTER)
        exchange.register.notify(AGREEMENT, "council", "suspend")
        exchange.write_register()
        assert exchange.written(exchange.topics.register) == feed._position
        exchange.admit_directly([event(1)])
        with pytest.raises(RegisterUnavailable, match=SHORTER):
            feed.catch_up()
    assert exchange.written(exchange.topics.routed) == 0


@pytest.mark.timeout(120)
def test_a_batch_that_is_held_is_given_up_with_its_partitions(exchange: KafkaExchange) -> None:
    group = group_of("route", exchange.topics)
    other = stage_consumer(common_settings(exchange.kafka, "other"), group, "range")
    gate = Gate()
    with exchange.thread("route", hook=gate) as route:
        break_while_a_batch_is_in_hand(exchange, route, gate, lambda: hide_the_end(exchange))
        route.until_not_ready(NOT_READ)
        assert route._loop._batch
        other.subscribe([exchange.topics.incidents])
        until(lambda: other.consume(1, 0.1) or other.assignment(), "the other one has its share")
        assert not route._loop._batch
        show_the_end(exchange)
        route.until_ready()
        other.close()
        exchange.until_drained("route", seconds=30)
    assert_all_fifty_are_routed_and_shared(exchange)
