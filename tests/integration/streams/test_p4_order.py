"""P4: one order per case, that of `incidents`, while workers join and die under load."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count, islice
from threading import Event as Signal

import pytest

from exchange_on_kafka import PUBLISHERS, KafkaExchange, event
from integration.streams.occurrences import by_case, by_case_and_publisher, seen_in
from stage_process import StageProcess
from waiting import until

CASES = 200


def publish_until(enough: Signal, exchange: KafkaExchange, publisher: str) -> int:
    """Publish in portions, as fast as the stages can bear; return how many events."""
    events = (event(number, publisher, CASES) for number in count())
    published = 0
    while not enough.is_set():
        exchange.publish(islice(events, 100), publisher)
        published += 100
        until(lambda: exchange.behind("route") < 2000, "the stages keep up")
    return published


@pytest.mark.timeout(240)
def test_routed_keeps_the_order_of_incidents_per_case_and_of_each_publisher(
    exchange: KafkaExchange,
) -> None:
    stages, enough = ("admit", "route"), Signal()
    first = {stage: exchange.start(stage, instance="0") for stage in stages}
    for stage in stages:
        exchange.start(stage, instance="1")
    for process in exchange.processes:
        process.until_said("assigned")
    with ThreadPoolExecutor(len(PUBLISHERS)) as publishers:
        published = {
            one: publishers.submit(publish_until, enough, exchange, one) for one in PUBLISHERS
        }
        try:
            _join_and_kill(exchange, first)
        finally:
            enough.set()
    exchange.until_drained(*stages, seconds=150)
    incidents = seen_in(exchange, exchange.topics.incidents)
    routed = seen_in(exchange, exchange.topics.routed)
    expected = {
        f"{one}-{number:08d}" for one in PUBLISHERS for number in range(published[one].result())
    }
    assert {seen.id for seen in incidents} == {seen.id for seen in routed} == expected
    assert by_case(routed) == by_case(incidents)
    assert len(by_case(routed)) == CASES
    for ids in by_case_and_publisher(incidents).values():
        assert ids == sorted(ids)


def _join_and_kill(exchange: KafkaExchange, doomed: dict[str, StageProcess]) -> None:
    for stage in doomed:
        until(partial(_has_committed, exchange, stage, 500), f"{stage} works")
    joined = [exchange.start(stage, instance="2") for stage in doomed]
    for process in joined:
        process.until_said("assigned")
    for process in doomed.values():
        process.kill()
    for stage in doomed:  # what the killed ones had is in other hands
        goal = exchange.committed(stage) + 1000
        until(partial(_has_committed, exchange, stage, goal), f"{stage} goes on")


def _has_committed(exchange: KafkaExchange, stage: str, goal: int) -> bool:
    return exchange.committed(stage) > goal
