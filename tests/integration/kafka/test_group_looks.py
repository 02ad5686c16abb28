"""A stage on a real broker: what it is judged by when it runs, stops and falls behind."""

from confluent_kafka import TopicPartition

from concordat.kafka.group_looks import count_members, ends_of, group_positions, look_at
from concordat.stack.verdict import Sample, Verdict, judge_group
from concordat.streams.groups import group_of
from exchange_on_kafka import KafkaExchange, event
from waiting import until


def places(exchange: KafkaExchange) -> list[tuple[str, int]]:
    topic = exchange.topics.incidents
    known = exchange.admin.list_topics(topic, timeout=30).topics[topic].partitions
    return [(topic, number) for number in known]


def look(exchange: KafkaExchange, at: float) -> dict[tuple[str, int], Sample]:
    ends = ends_of(exchange.admin, places(exchange))
    group = group_of("route", exchange.topics)
    positions = group_positions(exchange.admin, group, [exchange.topics.incidents])
    seen = look_at(exchange.admin, ends, positions)
    return {place: Sample(*pair, at) for place, pair in seen.items()}


def verdict(exchange: KafkaExchange, *looks: dict[tuple[str, int], Sample]) -> Verdict:
    members = count_members(exchange.admin, group_of("route", exchange.topics))
    return judge_group(
        {place: [one[place] for one in looks] for place in looks[0]}, members
    ).verdict


def test_a_stage_that_never_ran_has_no_members(exchange: KafkaExchange) -> None:
    exchange.admit_directly(event(number) for number in range(20))
    assert count_members(exchange.admin, group_of("route", exchange.topics)) == 0
    assert verdict(exchange, look(exchange, 0), look(exchange, 1)) is Verdict.NO_MEMBERS


def test_a_stage_that_runs_keeps_up_and_one_that_was_stopped_has_no_members(
    exchange: KafkaExchange,
) -> None:
    exchange.admit_directly(event(number) for number in range(50))
    with exchange.thread("route"):
        exchange.until_drained("route")
        seen = look(exchange, 0)
        assert sum(sample.position for sample in seen.values()) == 50
        assert verdict(exchange, seen, look(exchange, 1)) is Verdict.KEEPING_UP
    group = group_of("route", exchange.topics)
    until(lambda: count_members(exchange.admin, group) == 0, "the group is empty")
    assert verdict(exchange, seen, look(exchange, 1)) is Verdict.NO_MEMBERS


def test_a_position_beyond_the_end_is_told_only_after_a_second_question(
    exchange: KafkaExchange,
) -> None:
    exchange.admit_directly(event(number, cases=1) for number in range(10))
    ends = ends_of(exchange.admin, places(exchange))
    (busy,) = (place for place, end in ends.items() if end)
    asked_too_early = {**ends, busy: 4}
    seen = look_at(exchange.admin, asked_too_early, {busy: 7})
    assert seen[busy] == (7, 10)
    assert look_at(exchange.admin, ends, {busy: 70})[busy] == (70, 10)


def test_what_has_expired_is_nobodys_work(exchange: KafkaExchange) -> None:
    exchange.admit_directly(event(number, cases=1) for number in range(20))
    ends = ends_of(exchange.admin, places(exchange))
    (busy,) = (place for place, end in ends.items() if end)
    for kept_from, left in ((15, (15, 20)), (20, (20, 20))):
        start = TopicPartition(*busy, kept_from)
        exchange.admin.delete_records([start])[start].result(30)
        assert look_at(exchange.admin, ends, {})[busy] == left
        assert look_at(exchange.admin, ends, {busy: 18})[busy] == (max(18, kept_from), 20)
