"""P2 and P3 of the stages over faults of the broker, which is the module's own."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event as Signal

import pytest

from concordat.stack.embedded import EmbeddedInfrastructure, Infrastructure
from concordat.stack.state_directory import StateDirectory
from exchange_on_kafka import KafkaExchange, event, open_exchange
from integration.streams.occurrences import by_case, seen_in
from waiting import until

CANNOT_BE_ASKED = {"the register's end cannot be asked", "the register's end was not told in time"}


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infrastructure]:
    """Running whenever a test begins."""
    state = StateDirectory(tmp_path_factory.mktemp("broker") / "state")
    servers = EmbeddedInfrastructure(state, lambda _: None)
    try:
        yield servers.start()
    finally:
        servers.destroy()


@pytest.fixture
def exchange(broker: Infrastructure, tmp_path: Path) -> Iterator[KafkaExchange]:
    with open_exchange(broker.kafka, tmp_path) as exchange:
        yield exchange


@pytest.mark.timeout(180)
def test_while_the_broker_answers_nobody_a_stage_waits_and_then_loses_nothing(
    broker: Infrastructure, exchange: KafkaExchange
) -> None:
    with exchange.thread("route") as route:
        exchange.admit_directly(event(number) for number in range(100))
        exchange.until_drained("route")
        broker.servers.pause_kafka()
        try:
            until(lambda: route.health.reason in CANNOT_BE_ASKED, "it waits and says why")
        finally:
            broker.servers.resume_kafka()
        route.until_ready()
        exchange.admit_directly(event(number) for number in range(100, 200))
        exchange.until_drained("route")
        assert route.error is None
    assert {record.id for record in exchange.routed()} == {f"police-{n:08d}" for n in range(200)}


@pytest.mark.timeout(300)
def test_a_killed_broker_loses_nothing_with_workers_that_are_started_again(
    broker: Infrastructure, exchange: KafkaExchange
) -> None:
    done = Signal()
    with ThreadPoolExecutor(2) as supervisors:
        codes = [supervisors.submit(_keep_running, exchange, each, done) for each in STAGES]
        try:
            exchange.publish(event(number) for number in range(2000))
            until(lambda: exchange.written(exchange.topics.routed) > 100, "records flow")
            broker.servers.kill_kafka()
            broker.servers.restart_kafka()
            exchange.publish(event(number) for number in range(2000, 2500))
            exchange.until_drained(*STAGES, seconds=150)
        finally:
            done.set()
    assert all(0 not in each.result() for each in codes)
    assert exchange.written(exchange.topics.dead_letters) == 0
    incidents = seen_in(exchange, exchange.topics.incidents)
    routed = seen_in(exchange, exchange.topics.routed)
    expected = {f"police-{number:08d}" for number in range(2500)}
    assert {seen.id for seen in incidents} == {seen.id for seen in routed} == expected
    assert (
        by_case(routed)
        == by_case(incidents)
        == by_case(seen_in(exchange, exchange.topics.outbox("police")))
    )


STAGES = ("admit", "route")


def _keep_running(exchange: KafkaExchange, stage: str, done: Signal) -> list[int]:
    """Supervise one worker until `done`; return how its processes ended by themselves."""
    codes: list[int] = []
    worker = exchange.start(stage)
    while not done.wait(0.1):
        if not worker.is_running:
            codes.append(worker.exit_code())
            time.sleep(min(0.2 * 2 ** len(codes), 2))
            worker = exchange.start(stage)
    return codes
