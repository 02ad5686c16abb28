"""The loop's commits: what is committed, where keys lie, where it starts again."""

import asyncio
import statistics
import time
from collections import Counter

import pytest
from aiokafka import AIOKafkaProducer
from confluent_kafka import (
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicPartition,
)
from confluent_kafka.admin import AlterConfigOpType, ConfigEntry, ConfigResource

from concordat.runtime.errors import NotAcknowledged
from concordat.stages.routed import RoutedRecord
from concordat.streams.clients import common_settings
from concordat.streams.groups import group_of
from concordat.streams.offsets import Offsets
from concordat.streams.register_feed import StrictRegisterFeed
from exchange_on_kafka import KafkaExchange, event, keyed
from kafka_log import append
from stage_worker import UnknownFailure
from waiting import until


def test_rule_1_commits_only_what_is_acknowledged(exchange: KafkaExchange) -> None:
    exchange.publish(event(number) for number in range(50))
    seen: list[tuple[str, int, int]] = []

    def hook(point: str) -> None:
        incidents = exchange.written(exchange.topics.incidents)
        seen.append((point, exchange.committed("admit"), incidents))

    with exchange.thread("admit", hook=hook):
        exchange.until_drained("admit")
    committed = 0
    for point, now_committed, written in seen:
        if point == "committed":
            assert now_committed == written
            committed = now_committed
        else:
            assert now_committed == committed
        if point == "acknowledged":
            assert written > committed
    assert committed == 50


def test_rule_1_commits_nothing_when_the_broker_refuses_an_output(exchange: KafkaExchange) -> None:
    topic = ConfigResource(
        ConfigResource.Type.TOPIC,
        exchange.topics.incidents,
        incremental_configs=[
            ConfigEntry("max.message.bytes", "200", incremental_operation=AlterConfigOpType.SET)
        ],
    )
    exchange.admin.incremental_alter_configs([topic])[topic].result(30)
    # The controller has answered; the broker applies it a little later.
    until(lambda: append(exchange.producer, topic.name, keyed([event(0)])), "it refuses")
    exchange.publish([event(1)])
    with exchange.thread("admit") as admit:
        admit.until_ended()
    assert isinstance(admit.error, NotAcknowledged)
    assert "MSG_SIZE_TOO_LARGE" in str(admit.error)
    assert exchange.committed("admit") == 0


def test_rule_1_commits_nothing_when_it_fails_on_the_way(exchange: KafkaExchange) -> None:
    exchange.publish(event(number) for number in range(50))

    def fail(point: str) -> None:
        if point == "acknowledged":
            raise UnknownFailure

    with exchange.thread("admit", hook=fail) as admit:
        admit.until_ended()
    assert isinstance(admit.error, UnknownFailure)
    assert exchange.written(exchange.topics.incidents) > 0
    assert exchange.committed("admit") == 0


@pytest.mark.parametrize("code", [KafkaError.NOT_COORDINATOR, KafkaError._WAIT_COORD])
def test_rule_1_commits_later_what_a_coordinator_that_was_away_has_not_taken(
    exchange: KafkaExchange, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    ask, refusals = Offsets._refusals, [KafkaError(code)] * 3

    def away_at_first(offsets: Offsets) -> list[KafkaError]:
        return [refusals.pop()] if refusals else ask(offsets)

    monkeypatch.setattr(Offsets, "_refusals", away_at_first)
    exchange.publish(event(number) for number in range(50))
    with exchange.thread("admit") as admit:
        exchange.until_drained("admit")
    assert admit.error is None
    assert not refusals
    assert exchange.committed("admit") == exchange.written(exchange.topics.incidents) == 50


def test_rule_1_a_refusal_that_it_does_not_know_ends_it(
    exchange: KafkaExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    error = KafkaError(KafkaError.GROUP_AUTHORIZATION_FAILED)
    monkeypatch.setattr(Offsets, "_refusals", lambda _: [error])
    exchange.publish([event(1)])
    with exchange.thread("admit") as admit:
        admit.until_ended()
    assert isinstance(admit.error, KafkaException)
    assert admit.error.args == (error,)


def test_rule_3_asks_for_nothing_of_a_partition_that_another_was_given(
    exchange: KafkaExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign: list[tuple[str, int]] = []
    asked = Counter[Offsets]()

    def always_away(offsets: Offsets) -> list[KafkaError]:
        asked[offsets] += 1
        ours = {(each.topic, each.partition) for each in offsets._consumer.assignment()}
        foreign.extend(offsets._done.keys() - ours)
        return [KafkaError(KafkaError.NOT_COORDINATOR)]

    monkeypatch.setattr(Offsets, "_refusals", always_away)
    exchange.publish(event(number) for number in range(50))
    with exchange.thread("admit", instance="0") as first:
        until(lambda: exchange.written(exchange.topics.incidents) >= 50, "all is written")
        with exchange.thread("admit", instance="1") as second:
            until(lambda: len(asked) == 2, "another has partitions of its own")
            before = asked.total()
            until(lambda: asked.total() >= before + 4, "both ask")
    assert first.error is second.error is None
    assert not foreign


async def test_rule_2_a_stage_places_keys_where_aiokafka_places_them(
    exchange: KafkaExchange,
) -> None:
    keys = [f"case-{number:08d}".encode() for number in range(100)]
    topic = exchange.topics.incidents
    assert not append(exchange.producer, topic, ((key, b"ours") for key in keys))
    theirs = AIOKafkaProducer(bootstrap_servers=exchange.kafka)
    await theirs.start()
    for key in keys:
        await theirs.send_and_wait(topic, b"theirs", key=key)
    await theirs.stop()
    records = await asyncio.to_thread(exchange.incidents)
    placed = {
        who: {record.key: record.partition for record in records if record.value == who}
        for who in (b"ours", b"theirs")
    }
    assert placed[b"ours"] == placed[b"theirs"]
    assert set(placed[b"ours"].values()) == set(range(6))


def test_rule_4_lost_offsets_repeat_from_the_earliest_record(exchange: KafkaExchange) -> None:
    exchange.admit_directly(event(number) for number in range(100))
    with exchange.thread("route"):
        exchange.until_drained("route")
    group = group_of("route", exchange.topics)
    exchange.admin.delete_consumer_groups([group])[group].result(30)
    with exchange.thread("route"):
        exchange.until_drained("route")
    _assert_everything_came_twice_with_one_identity(exchange, 100)


def test_rule_4_an_offset_beyond_the_end_repeats_from_the_earliest_record(
    exchange: KafkaExchange,
) -> None:
    exchange.admit_directly(event(number) for number in range(100))
    with exchange.thread("route"):
        exchange.until_drained("route")
    group = group_of("route", exchange.topics)
    beyond = [TopicPartition(exchange.topics.incidents, number, 10_000) for number in range(6)]
    request = ConsumerGroupTopicPartitions(group, beyond)
    exchange.admin.alter_consumer_group_offsets([request])[group].result(30)
    with exchange.thread("route"):
        exchange.until_drained("route")
    _assert_everything_came_twice_with_one_identity(exchange, 100)


def _assert_everything_came_twice_with_one_identity(exchange: KafkaExchange, count: int) -> None:
    routed = exchange.routed()
    assert Counter(record.id for record in routed) == {
        f"police-{number:08d}": 2 for number in range(count)
    }
    # Identity, not position, decides downstream.
    assert len({_identity(record) for record in routed}) == count


def _identity(record: RoutedRecord) -> tuple[object, ...]:
    deliveries = tuple((shared.agency, shared.id) for shared in record.shared)
    assert len(deliveries) == 2
    return record.source, record.id, record.admission, record.content, deliveries


def test_rule_8_asking_for_the_registers_end_does_not_wait_behind_a_long_poll(
    exchange: KafkaExchange,
) -> None:
    common = common_settings(exchange.kafka, "test")
    feed = StrictRegisterFeed(common, exchange.topics.register)
    try:
        feed.catch_up()
        seconds = []
        for _ in range(20):
            began = time.monotonic()
            feed.catch_up()
            seconds.append(time.monotonic() - began)
    finally:
        feed.close()
    assert statistics.median(seconds) < 0.2


def test_rule_2_a_batch_larger_than_the_librarys_queue_is_written(
    exchange: KafkaExchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    def small(common: dict[str, object]) -> Producer:
        settings = {**common, "enable.idempotence": True, "queue.buffering.max.messages": 10}
        return Producer(settings)

    monkeypatch.setattr("concordat.streams.service.stage_producer", small)
    exchange.publish(event(number) for number in range(200))
    with exchange.thread("admit") as admit:
        exchange.until_drained("admit")
    assert admit.error is None
    assert exchange.written(exchange.topics.incidents) == 200
