from dataclasses import replace

from confluent_kafka.admin import NewPartitions

from concordat.kafka.topics_admin import TopicDifference, apply_topics, check_topics
from concordat.kafka.topics_file import TopicPlan
from exchange_on_kafka import KafkaExchange
from waiting import until


def test_applying_the_contract_leaves_no_difference_and_a_second_time_makes_nothing(
    exchange: KafkaExchange,
) -> None:
    assert len(exchange.plans) == 4 * 2 + 4
    assert check_topics(exchange.admin, exchange.plans) == []
    assert apply_topics(exchange.admin, exchange.plans) == []


def test_only_what_is_missing_is_made(exchange: KafkaExchange) -> None:
    new = TopicPlan(f"{exchange.topics.prefix}outbox.coroner", 2, 1, {})
    assert apply_topics(exchange.admin, [*exchange.plans, new]) == [new.name]
    until(lambda: check_topics(exchange.admin, [new]) == [], "the topic is as planned")


def test_every_difference_is_named_with_what_is_wanted_and_what_is_found(
    exchange: KafkaExchange,
) -> None:
    incidents = exchange.topics.incidents
    more = exchange.admin.create_partitions([NewPartitions(incidents, 7)])
    more[incidents].result(30)
    until(lambda: check_topics(exchange.admin, exchange.plans), "the partitions are known")
    plans = [
        replace(plan, config={**plan.config, "retention.ms": "5"})
        if plan.name == exchange.topics.routed
        else plan
        for plan in exchange.plans
    ]
    missing = TopicPlan(f"{exchange.topics.prefix}never-made", 1, 1, {})
    unknown = replace(exchange.plans[0], config={"no.such.setting": "1"})
    found = check_topics(exchange.admin, [*plans[1:], unknown, missing])
    assert sorted(found, key=str) == sorted(
        [
            TopicDifference(incidents, "partitions", "6", "7"),
            TopicDifference(exchange.topics.routed, "retention.ms", "5", "2592000000"),
            TopicDifference(missing.name, "topic", "present", "missing"),
            TopicDifference(unknown.name, "no.such.setting", "1", "unknown"),
        ],
        key=str,
    )
    assert f"{incidents}: partitions is 7, the contract says 6" in map(str, found)


def test_a_topic_that_differs_is_not_changed_by_applying(exchange: KafkaExchange) -> None:
    incidents = exchange.topics.incidents
    wanted = replace(exchange.plan_of(incidents), partitions=9)
    assert apply_topics(exchange.admin, [wanted]) == []
    assert check_topics(exchange.admin, [wanted]) == [
        TopicDifference(incidents, "partitions", "9", "6")
    ]
