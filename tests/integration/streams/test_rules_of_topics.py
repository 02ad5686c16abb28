"""The loop's topics: outboxes that come and go, sizes, topics that must exist."""

import os
from pathlib import Path

import msgspec
from confluent_kafka import KafkaError, Producer
from confluent_kafka.admin import ConfigResource

from builders import Exchange
from concordat.kafka.topics_admin import apply_topics
from concordat.streams.clients import common_settings, stage_consumer
from concordat.streams.loop import BATCH, WAIT_SECONDS
from exchange_on_kafka import KafkaExchange, event, exchange_plans, open_exchange
from kafka_log import append
from waiting import until


def register_agency(register: Exchange, agency: str, controller: str) -> None:
    record = {
        "schema": "concordat/agency/v1",
        "id": agency,
        "name": agency,
        "controller": controller,
    }
    register.write(f"agency/{agency}", msgspec.json.encode(record))


def test_rule_6_a_new_agencys_outbox_is_admitted_within_ten_seconds(
    exchange: KafkaExchange,
) -> None:
    with exchange.thread("admit") as admit:
        until(admit.parts.consumer.assignment, "it has looked for outboxes")
        register_agency(exchange.register, "coroner", "council")
        exchange.write_register()
        apply_topics(exchange.admin, exchange_plans(exchange.register, exchange.topics.prefix))
        exchange.publish([event(1, "coroner")], "coroner")
        until(exchange.incidents, "the first event of a new outbox is admitted", 10)
    assert exchange.written(exchange.topics.dead_letters) == 0


def test_rule_6_a_deleted_outbox_is_dropped_and_the_others_go_on(exchange: KafkaExchange) -> None:
    exchange.publish((event(number) for number in range(2000)), "police")
    deleted = exchange.topics.outbox("womens-aid")
    exchange.publish((event(number, "womens-aid") for number in range(2000)), "womens-aid")

    def delete_it_once(point: str) -> None:
        if point == "consumed" and deleted in exchange.admin.list_topics(timeout=30).topics:
            exchange.admin.delete_topics([deleted])[deleted].result(30)

    with exchange.thread("admit", hook=delete_it_once) as admit:
        exchange.until_drained("admit")
        exchange.publish(event(number, "social-care") for number in range(100))
        exchange.until_drained("admit")
        assert admit.is_running
    assert admit.error is None
    admitted = [record for record in exchange.incidents() if b'"//police"' in record.value]
    assert len({record.value for record in admitted}) == 2000


def test_rule_6_two_workers_share_outboxes_of_one_partition(kafka: str, tmp_path: Path) -> None:
    agencies = ("police", "social-care", "adult-care", "womens-aid")
    single = {f"outbox.{agency}": 1 for agency in agencies}
    with (
        open_exchange(kafka, tmp_path, partitions=single) as exchange,
        exchange.thread("admit", "0") as first,
        exchange.thread("admit", "1") as second,
    ):
        workers = (first, second)

        def share_evenly() -> bool:
            return [len(each.parts.consumer.assignment()) for each in workers] == [2, 2]

        until(share_evenly, "each has two of the four", 30)


def test_rule_7_a_routed_record_of_fifteen_mebibytes_passes_the_stages_clients(
    exchange: KafkaExchange,
) -> None:
    whole = os.urandom(15 * 1024 * 1024)
    assert not append(exchange.producer, exchange.topics.routed, [(b"case-0001", whole)])
    common = common_settings(exchange.kafka, "test")
    reader = stage_consumer(common, f"{exchange.topics.prefix}reader", "range")
    try:
        reader.subscribe([exchange.topics.routed])
        found: list[bytes | str | None] = []

        def has_arrived() -> bool:
            found.extend(message.value() for message in reader.consume(1, 0.2))
            return bool(found)

        until(has_arrived, "the record arrives")
    finally:
        reader.close()
    assert found == [whole]


def test_rule_7_a_batch_is_bounded_and_a_single_record_does_not_wait_for_others() -> None:
    assert (BATCH, WAIT_SECONDS) == (1000, 0.025)


def test_rule_10_the_offsets_topic_exists_with_small_segments(exchange: KafkaExchange) -> None:
    with exchange.thread("route") as route:
        route.until_ready()
        exchange.admit_directly([event(1)])
        exchange.until_drained("route")
    offsets = ConfigResource(ConfigResource.Type.TOPIC, "__consumer_offsets")
    configs = exchange.admin.describe_configs([offsets])[offsets].result(30)
    assert configs["segment.bytes"].value == "1048576"


def test_rule_11_the_stages_write_only_to_topics_that_were_made(exchange: KafkaExchange) -> None:
    exchange.publish([event(1), event(2, source="//womens-aid")])
    exchange.admit_directly([event(3)])
    assert not append(exchange.producer, exchange.topics.incidents, [(b"case-0001", b"rubbish")])
    with exchange.thread("admit"), exchange.thread("route"):
        exchange.until_drained("admit", "route")
    ours = {
        name
        for name in exchange.admin.list_topics(timeout=30).topics
        if name.startswith(exchange.topics.prefix)
    }
    assert ours == {plan.name for plan in exchange.plans}
    assert exchange.written(exchange.topics.receipts("police")) == 1
    assert exchange.written(exchange.topics.dead_letters) == 1


def test_rule_11_writing_to_a_topic_that_was_not_made_is_refused(exchange: KafkaExchange) -> None:
    missing = f"{exchange.topics.prefix}never-made"
    impatient: dict[str, str | int] = {
        "bootstrap.servers": exchange.kafka,
        "topic.metadata.propagation.max.ms": 100,
    }
    (refused,) = append(Producer(impatient), missing, [(b"key", b"value")])
    assert refused.code() in (KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError._UNKNOWN_TOPIC)
    assert missing not in exchange.admin.list_topics(timeout=30).topics
