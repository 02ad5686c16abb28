"""The Faust worker: how it starts, ends and fails; what runs beside the loop."""

import signal
import time

import pytest

from exchange_on_kafka import KafkaExchange, event
from kafka_log import append
from waiting import until


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_with_0_within_five_seconds_of_a_signal(
    exchange: KafkaExchange, number: signal.Signals
) -> None:
    exchange.admit_directly(event(n) for n in range(100))
    worker = exchange.start("route")
    exchange.until_drained("route")
    began = time.monotonic()
    worker.send(number)
    assert worker.exit_code() == 0
    assert time.monotonic() - began < 5
    assert len(exchange.routed()) == 100


@pytest.mark.timeout(180)
def test_it_ends_in_time_also_when_it_is_stopped_while_its_side_consumer_starts(
    exchange: KafkaExchange,
) -> None:
    for delay in (0, 0.1, 0.2, 0.3):
        worker = exchange.start("route")
        worker.until_said("assigned")
        time.sleep(delay)  # so that each is stopped in the middle of something else
        began = time.monotonic()
        worker.send(signal.SIGTERM)
        assert worker.exit_code(20) == 0
        assert time.monotonic() - began < 5


@pytest.mark.parametrize("point", ["consumed", "produced", "acknowledged"])
def test_an_unknown_error_ends_it_with_70_and_commits_nothing(
    exchange: KafkaExchange, point: str
) -> None:
    exchange.admit_directly([event(1)])
    worker = exchange.start("route", "--do", "fail", "--at", point)
    assert worker.exit_code() == 70
    assert exchange.committed("route") == 0
    (failure,) = worker.said("stage-failed")
    assert failure["error"] == "UnknownFailure"
    exchange.start("route")
    exchange.until_drained("route")
    assert {record.id for record in exchange.routed()} == {"police-00000001"}


def test_its_side_agent_tells_each_register_record_by_its_key_alone(
    exchange: KafkaExchange,
) -> None:
    worker = exchange.start("route")
    written = [key for key, _value in exchange.register.log]
    until(lambda: len(worker.said("register-record")) == len(written), "all are told")
    assert [line["record_key"] for line in worker.said("register-record")] == written
    assert "signature" not in worker.log.read_text().replace("signature/", "")


def test_its_side_agent_repeats_no_key_that_is_not_the_registers(exchange: KafkaExchange) -> None:
    stray = [(b"Jane Example, born 2001-02-03", b"{}"), (b"agency/Jane", b"{}")]
    assert not append(exchange.producer, exchange.topics.register, stray)
    worker = exchange.start("route")
    count = len(exchange.register.log) + len(stray)
    until(lambda: len(worker.said("register-record")) == count, "all are told")
    assert [line["record_key"] for line in worker.said("register-record")][-2:] == ["", ""]
    assert "Jane" not in worker.log.read_text()


def test_the_loop_starts_before_the_side_agent(exchange: KafkaExchange) -> None:
    exchange.admit_directly([event(1)])
    worker = exchange.start("route")
    worker.until_said("register-record")
    text = worker.log.read_text()
    assert 0 < text.index("StageService]: Starting") < text.index("Consumer]: Starting")
    said = [line["event"] for line in worker.lines()]
    assert said.index("assigned") < said.index("register-record")


def test_it_says_of_how_many_partitions_nobody_has_committed_an_offset(
    exchange: KafkaExchange,
) -> None:
    exchange.admit_directly(event(number) for number in range(100))
    partitions = len(exchange.admin.list_topics().topics[exchange.topics.incidents].partitions)
    for without_offset in (partitions, 0):
        worker = exchange.start("route")
        worker.until_said("assigned")
        (said,) = worker.said("assigned")
        assert (said["count"], said["without_offset"]) == (partitions, without_offset)
        exchange.until_drained("route")
        worker.send(signal.SIGTERM)
        assert worker.exit_code() == 0


def test_a_worker_without_a_broker_does_not_pretend_to_have_ended_well(
    exchange: KafkaExchange,
) -> None:
    exchange.kafka = "127.0.0.1:9"
    worker = exchange.start("route", "--patience", "2")
    assert worker.exit_code() != 0
