import os
import socket
from collections.abc import Iterator

import asyncpg
import pytest
from confluent_kafka import Consumer, KafkaError, Message, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from concordat.stack.embedded import (
    EmbeddedInfrastructure,
    Infrastructure,
    StackOptions,
    forget,
    open_infrastructure,
)
from concordat.stack.errors import ChildDied, StackAlreadyRunning, StackNotRunning
from concordat.stack.ports import LOCALHOST, is_free
from concordat.stack.process_record import start_time
from concordat.stack.state_directory import StateDirectory

MEBIBYTE = 1024 * 1024


def quiet(sentence: str) -> None:
    return None


@pytest.fixture
def stack(state: StateDirectory) -> Iterator[EmbeddedInfrastructure]:
    servers = EmbeddedInfrastructure(state, quiet)
    yield servers
    servers.destroy()


def listen(port: int) -> socket.socket:
    return socket.create_server((LOCALHOST, port))


def make_topic(bootstrap: str, name: str, **settings: str) -> None:
    admin = AdminClient({"bootstrap.servers": bootstrap})
    made = admin.create_topics([NewTopic(name, 1, 1, config=settings)])
    made[name].result(10)


def write(bootstrap: str, topic: str, value: bytes) -> list[KafkaError | None]:
    """Write one record, wait, and return what the broker said: [None] is success."""
    answers: list[KafkaError | None] = []

    def answered(error: KafkaError | None, _: Message) -> None:
        answers.append(error)

    settings: dict[str, str | int] = {
        "bootstrap.servers": bootstrap,
        "message.max.bytes": 16 * MEBIBYTE,
        "message.timeout.ms": 5000,
    }
    producer = Producer(settings)
    producer.produce(topic, value, on_delivery=answered)
    producer.flush(15)
    return answers


def read_first(bootstrap: str, topic: str) -> bytes | None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "reader"})
    try:
        consumer.assign([TopicPartition(topic, 0, 0)])
        message = consumer.poll(15)
        return None if message is None or message.error() else message.value()
    finally:
        consumer.close()


async def value(dsn: str, query: str) -> object:
    connection = await asyncpg.connect(dsn, timeout=10)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


async def test_both_servers_answer_as_soon_as_the_start_returns(running: Infrastructure) -> None:
    make_topic(running.kafka, "outbox.first")
    assert write(running.kafka, "outbox.first", b"hello") == [None]
    assert read_first(running.kafka, "outbox.first") == b"hello"
    assert await value(running.postgres, "SELECT current_database()") == "concordat"
    assert await value(running.postgres, "SHOW fsync") == "on"
    assert set(running.pids) == {"kafka", "postgres"}
    assert running.postgres not in repr(running)


async def test_the_password_is_needed(running: Infrastructure) -> None:
    stranger = f"postgresql://concordat:wrong@{LOCALHOST}:{running.postgres_port}/concordat"
    with pytest.raises(asyncpg.InvalidPasswordError):
        await value(stranger, "SELECT 1")


async def test_a_failed_statement_leaves_no_trace_in_the_log(
    running: Infrastructure, running_state: StateDirectory
) -> None:
    with pytest.raises(asyncpg.InvalidTextRepresentationError):
        await value(running.postgres, "SELECT 'canary-9431'::integer")
    assert "canary-9431" not in (running_state.logs / "postgres.log").read_text()


def test_a_record_of_nearly_sixteen_mebibytes_passes(running: Infrastructure) -> None:
    make_topic(running.kafka, "routed", **{"max.message.bytes": str(16 * MEBIBYTE)})
    large = os.urandom(16 * MEBIBYTE - 1024)
    assert write(running.kafka, "routed", large) == [None]
    assert read_first(running.kafka, "routed") == large


def test_topics_are_not_created_by_writing_to_them(running: Infrastructure) -> None:
    (refusal,) = write(running.kafka, "outbox.nobody", b"")
    assert refusal is not None


def test_a_second_start_in_the_same_folder_is_refused_and_changes_nothing(
    running: Infrastructure, running_state: StateDirectory
) -> None:
    second = EmbeddedInfrastructure(StateDirectory(running_state.path), quiet)
    with pytest.raises(StackAlreadyRunning) as refused:
        second.start()
    assert refused.value.pid == os.getpid()
    with pytest.raises(StackAlreadyRunning):
        second.destroy()
    assert running.servers.death() is None
    assert (running_state.run / "kafka.json").exists()


async def test_the_state_is_kept_over_a_restart_on_other_ports(state: StateDirectory) -> None:
    said: list[str] = []
    async with open_infrastructure(state, quiet) as first:
        make_topic(first.kafka, "incidents")
        assert write(first.kafka, "incidents", b"kept") == [None]
        await value(first.postgres, "CREATE TABLE kept AS SELECT 42 AS answer")
        busy = (int(first.kafka.rpartition(":")[2]), first.postgres_port)
    assert is_free(busy[0])
    assert all(start_time(pid) is None for pid in first.pids.values())
    blockers = [listen(port) for port in busy]
    options = StackOptions(kafka_port=busy[0], postgres_port=busy[1])
    try:
        async with open_infrastructure(state, said.append, options) as second:
            assert read_first(second.kafka, "incidents") == b"kept"
            assert await value(second.postgres, "SELECT answer FROM kept") == 42
            kafka_port = second.kafka.rpartition(":")[2]
            assert f"port {busy[0]} is busy: kafka listens on {kafka_port}" in said
            new_port = second.postgres_port
            assert f"port {busy[1]} is busy: postgres listens on {new_port}" in said
    finally:
        for blocker in blockers:
            blocker.close()
    forget(state, quiet)
    assert not state.path.exists()


async def test_killed_servers_are_noticed_and_come_back_with_what_they_had(
    stack: EmbeddedInfrastructure,
) -> None:
    started = stack.start()
    make_topic(started.kafka, "incidents")
    assert write(started.kafka, "incidents", b"kept") == [None]
    await value(started.postgres, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert stack.death() is None
    stack.kill_kafka()
    death = stack.death()
    assert death is not None
    assert str(death) == "kafka was ended by SIGKILL"
    assert death.last_lines
    stack.kill_postgres()
    stack.restart_postgres()
    stack.restart_kafka()
    assert stack.death() is None
    assert read_first(started.kafka, "incidents") == b"kept"
    assert await value(started.postgres, "SELECT answer FROM kept") == 42


def test_a_paused_server_keeps_its_port_and_resumes(stack: EmbeddedInfrastructure) -> None:
    started = stack.start()
    stack.pause_kafka()
    port = int(started.kafka.rpartition(":")[2])
    assert not is_free(port)
    stack.resume_kafka()
    make_topic(started.kafka, "incidents")
    stack.pause_kafka()
    stack.stop()
    assert is_free(port)


def test_a_failed_start_leaves_nothing_running(state: StateDirectory) -> None:
    state.claim()
    (state.kafka / "formatted").write_text("")  # a lie: the broker will refuse its storage
    state.release()
    servers = EmbeddedInfrastructure(state, quiet)
    with pytest.raises(ChildDied, match="kafka ended with code"):
        servers.start()
    assert list(state.run.glob("*.json")) == []
    assert not state.claimed
    with pytest.raises(StackNotRunning):
        servers.restart_kafka()
    forget(state, quiet)


def test_a_format_that_was_cut_short_is_done_again(
    stack: EmbeddedInfrastructure, state: StateDirectory
) -> None:
    state.claim()
    (state.kafka / "data").mkdir()
    (state.kafka / "data" / "meta.properties").write_text("half")
    state.release()
    make_topic(stack.start().kafka, "incidents")
