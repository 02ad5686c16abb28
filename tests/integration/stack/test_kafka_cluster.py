"""Three brokers: what all but one of them hold survives the loss of any one."""

import asyncio
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace

import psutil
import pytest
from confluent_kafka import KafkaError, KafkaException, Message, Producer
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from concordat.deliver.errors import RoutedTopicMissing
from concordat.deliver.source import Fetched, RoutedSource
from concordat.kafka.topic_identity import EVERY_SECONDS, TopicIdentity
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client, apply_topics, check_topics
from concordat.kafka.topics_file import TopicPlan, read_topics_file, topic_plans
from concordat.runtime.settings import CONTRACTS
from concordat.stack.errors import StackNotRunning
from concordat.stack.kafka_cluster import KafkaCluster
from concordat.stack.state_directory import StateDirectory
from concordat.streams.clients import common_settings, stage_producer
from kafka_log import append, read_to_end
from waiting import until

TOPIC = Topics().incidents
ALL = frozenset({1, 2, 3})

pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaCluster]:
    state = StateDirectory(tmp_path_factory.mktemp("cluster") / "state")
    cluster = KafkaCluster(state, lambda _: None)
    cluster.start()
    try:
        plans = topic_plans(read_topics_file(CONTRACTS / "topics.yaml"), ["police"])
        apply_topics(
            admin_client(cluster.bootstrap), [replace(plan, replication=3) for plan in plans]
        )
        yield cluster
    finally:
        pids = list(cluster.pids.values())
        cluster.destroy()
    assert len(pids) == 3
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not state.path.exists()
    with pytest.raises(StackNotRunning):
        cluster.kill(1)


class Load:
    """Writes numbers to `TOPIC` until stopped, and keeps those that were acknowledged."""

    def __init__(self, bootstrap: str) -> None:
        self.acknowledged: set[int] = set()
        self.failed: list[str] = []
        self.written = 0
        self._producer: Producer = stage_producer(common_settings(bootstrap, "load"))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def catch_up(self, seconds: float) -> None:
        """Wait until everything that was written so far is acknowledged."""
        wanted = set(range(self.written))
        until(lambda: wanted <= self.acknowledged, "all is acknowledged", seconds)

    def more(self, count: int) -> None:
        """Wait until `count` more are acknowledged than now."""
        wanted = len(self.acknowledged) + count
        until(lambda: len(self.acknowledged) >= wanted, f"{count} more are acknowledged", 90)

    def stop(self) -> None:
        """Stop writing and wait for every answer."""
        self._stop.set()
        self._thread.join()
        assert self._producer.flush(60) == 0

    def _run(self) -> None:
        while not self._stop.wait(0.001):
            number = b"%d" % self.written
            self._producer.produce(TOPIC, number, number, on_delivery=self._answer)
            self._producer.poll(0)
            self.written += 1

    def _answer(self, error: KafkaError | None, message: Message) -> None:
        value = message.value()
        assert isinstance(value, bytes)
        if error is None:
            self.acknowledged.add(int(value))
        else:
            self.failed.append(error.name())


def stored(cluster: KafkaCluster) -> set[int]:
    return {int(record.value) for record in read_to_end(cluster.bootstrap, TOPIC)}


def test_the_contract_holds_and_every_partition_is_on_all_three(cluster: KafkaCluster) -> None:
    plans = topic_plans(read_topics_file(CONTRACTS / "topics.yaml"), ["police"])
    admin = admin_client(cluster.bootstrap)
    until(lambda: _holds(admin, plans), "the topics are as the contract says")
    until(lambda: cluster.short_of_copies() == 0, "every partition has its copies")
    assert {cluster.in_sync(TOPIC, partition) for partition in range(6)} == {ALL}
    assert {cluster.leader_of(TOPIC, partition) for partition in range(6)} == ALL
    assert set(cluster.pids) == {"kafka-1", "kafka-2", "kafka-3"}


def _holds(admin: AdminClient, plans: list[TopicPlan]) -> bool:
    try:
        return check_topics(admin, plans) == []
    except KafkaException as error:  # one that is asked may not have heard of the newest topic yet
        if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise
        return False


def test_what_is_acknowledged_survives_the_kill_of_its_leader_which_comes_back_in_sync(
    cluster: KafkaCluster,
) -> None:
    load = Load(cluster.bootstrap)
    try:
        load.more(500)
        leader = cluster.leader_of(TOPIC, 0)
        assert leader is not None
        cluster.kill(leader)
        death = cluster.death()
        assert death is not None
        assert str(death) == f"kafka-{leader} was ended by SIGKILL"
        _until_another_leads(cluster, TOPIC, 0, leader)
        assert cluster.in_sync(TOPIC, 0) == ALL - {leader}
        load.more(500)
        cluster.restart(leader)
        until(lambda: cluster.short_of_copies() == 0, "every partition has its copies again")
        load.more(500)
    finally:
        load.stop()
    assert load.failed == []
    assert len(load.acknowledged) >= 1500
    assert load.acknowledged <= stored(cluster)


def test_a_paused_leader_is_followed_by_another_and_takes_part_again(
    cluster: KafkaCluster,
) -> None:
    load = Load(cluster.bootstrap)
    try:
        load.more(200)
        leader = cluster.leader_of(TOPIC, 1)
        assert leader is not None
        cluster.pause(leader)
        _until_another_leads(cluster, TOPIC, 1, leader)
        load.catch_up(seconds=30)  # the client's own patience is sixty
        cluster.resume(leader)
        until(lambda: cluster.short_of_copies() == 0, "every partition has its copies again")
    finally:
        cluster.resume(leader or 1)
        load.stop()
    assert load.failed == []
    assert load.acknowledged <= stored(cluster)


def test_what_only_one_broker_would_hold_is_not_acknowledged(cluster: KafkaCluster) -> None:
    # On two brokers: with two of three gone there would be no controller to notice.
    topic = "on-two"
    admin = admin_client(cluster.bootstrap)
    admin.create_topics([NewTopic(topic, 1, 2)])[topic].result(30)
    until(lambda: len(cluster.in_sync(topic, 0)) == 2, "both hold it")
    assert written(cluster, topic) == [True]
    one, other = sorted(cluster.in_sync(topic, 0))
    cluster.kill(other)
    try:
        until(lambda: cluster.in_sync(topic, 0) == {one}, "one is left")
        assert written(cluster, topic) == [False]
    finally:
        cluster.restart(other)
    until(lambda: cluster.short_of_copies() == 0, "every partition has its copies")
    assert written(cluster, topic) == [True]


def written(cluster: KafkaCluster, topic: str) -> list[bool]:
    """Write one record with acks=all; whether it was acknowledged."""
    answers: list[bool] = []
    settings: dict[str, str | int] = {
        "bootstrap.servers": cluster.bootstrap,
        "acks": "all",
        "message.timeout.ms": 10_000,
        "log_level": 0,
    }
    producer = Producer(settings)
    producer.produce(topic, b"1", on_delivery=lambda error, _: answers.append(error is None))
    producer.flush(60)
    return answers


def test_a_topics_identity_is_asked_of_another_broker_while_one_stands_still(
    cluster: KafkaCluster,
) -> None:
    common = common_settings(cluster.bootstrap, "test")
    # Each client asks a broker of its own choice, and stays with it.
    identities = [
        TopicIdentity(AdminClient(common), TOPIC)  # type: ignore[arg-type]
        for _ in range(9)
    ]
    assert all(each.is_same() for each in identities)
    time.sleep(EVERY_SECONDS)
    cluster.pause(1)
    try:
        with ThreadPoolExecutor(9) as askers:
            assert all(askers.map(_answers_within_30_seconds, identities))
    finally:
        cluster.resume(1)
    until(lambda: cluster.short_of_copies() == 0, "all are in sync")


def _answers_within_30_seconds(identity: TopicIdentity) -> bool:
    """Whether it is told; the client's own patience is sixty seconds."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with suppress(KafkaException, TimeoutError):
            return identity.is_same()
    return False


def test_a_topics_identity_is_asked_of_another_broker_while_the_one_it_asked_is_gone(
    cluster: KafkaCluster,
) -> None:
    admin = admin_client(cluster.bootstrap)
    identity = TopicIdentity(admin, TOPIC)
    assert identity.is_same()
    asked = admin.list_topics(timeout=10).controller_id  # whom the library goes to
    cluster.kill(asked)
    try:
        time.sleep(EVERY_SECONDS)
        assert _answers_within_30_seconds(identity)
    finally:
        cluster.restart(asked)
    until(lambda: cluster.short_of_copies() == 0, "all are in sync")


async def test_deliver_reads_on_from_another_broker_while_a_leader_stands_still(
    cluster: KafkaCluster,
) -> None:
    topic = Topics().routed
    source = RoutedSource(cluster.bootstrap, topic)
    await source.start()
    try:
        partitions = await _partitions_of(source)
        source.read_from(dict.fromkeys(partitions, 0))
        await asyncio.to_thread(_write_one, cluster, topic, b"before")
        [first] = await _read_some(source)
        leader = cluster.leader_of(topic, first.partition)
        assert leader is not None
        cluster.pause(leader)
        try:
            await asyncio.to_thread(_until_another_leads, cluster, topic, first.partition, leader)
            await asyncio.to_thread(_write_one, cluster, topic, b"after")
            assert [each.value for each in await _read_some(source)] == [b"after"]
        finally:
            cluster.resume(leader)
    finally:
        await source.stop()
    await asyncio.to_thread(until, lambda: cluster.short_of_copies() == 0, "all are in sync")


async def _partitions_of(source: RoutedSource) -> tuple[int, ...]:
    async with asyncio.timeout(60):
        while True:
            try:
                return (await source.describe())[1]
            except RoutedTopicMissing:  # it was made a moment ago; not every broker knows it yet
                await asyncio.sleep(0.1)


def _write_one(cluster: KafkaCluster, topic: str, value: bytes) -> None:
    """Write to the partition of one case; each time by a client that knows nothing yet."""
    producer = stage_producer(common_settings(cluster.bootstrap, "one"))
    assert append(producer, topic, [(b"case-1", value)]) == []


def _until_another_leads(cluster: KafkaCluster, topic: str, partition: int, leader: int) -> None:
    until(lambda: cluster.leader_of(topic, partition) not in (None, leader), "another leads")


async def _read_some(source: RoutedSource) -> list[Fetched]:
    async with asyncio.timeout(30):  # the client's own patience is forty seconds, twice
        while not (found := await source.read()):
            pass
    return found
