"""The publisher against a real broker: what it says is stored is there, once and in order."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from concordat.publish.demo_data import demo_events
from concordat.publish.play import play
from concordat.publish.row_fault import RowFault
from concordat.stack.embedded import EmbeddedInfrastructure, Infrastructure
from concordat.stack.state_directory import StateDirectory
from concordat_events.envelope import CONTENT_TYPE, Event, read_event, write_event
from concordat_events.lines.community_safety import CrimeRecorded
from concordat_events.publisher import Limits, Publisher, PublishFailed

AGENCY = "west-mercia-police"
PARTITIONS = 6
DEMO_FILE = Path(__file__).parents[3] / "demo" / "2025-12-west-mercia-street.csv"


def crimes(count: int, cases: int = 50) -> Iterator[Event]:
    for number in range(count):
        yield Event(
            id=f"crime-{number:08d}",
            source=f"//{AGENCY}",
            type="community-safety.crime-recorded.v1",
            time=datetime(2025, 12, 1, tzinfo=UTC),
            subject=f"case-{number % cases:08d}",
            data=CrimeRecorded(category="drugs", month="2025-12"),
        )


async def new_topic(kafka: str) -> str:
    topic = f"{uuid4().hex[:8]}.outbox.{AGENCY}"
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        config = {
            "compression.type": "uncompressed",
            "message.timestamp.type": "LogAppendTime",
        }
        await admin.create_topics([NewTopic(topic, PARTITIONS, 1, topic_configs=config)])
    finally:
        await admin.close()
    return topic


async def stored_in(kafka: str, topic: str) -> list[ConsumerRecord[bytes, bytes]]:
    """Every record, partition by partition, each in its order."""
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest")
    await consumer.start()
    try:
        partitions = [TopicPartition(topic, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        ends = await consumer.end_offsets(partitions)
        records: list[ConsumerRecord[bytes, bytes]] = []
        while len(records) < sum(ends.values()):
            for batch in (await consumer.getmany(timeout_ms=500)).values():
                records.extend(batch)
    finally:
        await consumer.stop()
    return sorted(records, key=lambda record: (record.partition, record.offset))


def first_occurrences_by_case(records: list[ConsumerRecord[bytes, bytes]]) -> dict[str, list[str]]:
    seen: dict[str, list[str]] = defaultdict(list)
    for record in records:
        event = read_event(record.value)
        if event.id not in seen[event.subject]:
            seen[event.subject].append(event.id)
    return seen


def published_by_case(events: Iterator[Event]) -> dict[str, list[str]]:
    expected: dict[str, list[str]] = defaultdict(list)
    for event in events:
        expected[event.subject].append(event.id)
    return expected


@pytest.fixture(scope="module")
def broker_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Infrastructure]:
    """A broker that a test may kill or pause, if it leaves it running."""
    state = StateDirectory(tmp_path_factory.mktemp("publish") / "state")
    servers = EmbeddedInfrastructure(state, lambda _: None)
    try:
        yield servers.start()
    finally:
        servers.destroy()


async def test_a_published_event_is_stored_as_its_canonical_bytes_under_its_case(
    kafka: str,
) -> None:
    topic = await new_topic(kafka)
    (event,) = crimes(1)
    async with Publisher(kafka, AGENCY, topic) as publisher:
        await publisher.publish(event)
        (record,) = await stored_in(kafka, topic)
    assert record.value == write_event(event)
    assert record.key == event.subject.encode()
    assert dict(record.headers) == {"content-type": CONTENT_TYPE.encode()}


async def test_keys_lie_on_the_partition_where_the_stages_look_for_them(kafka: str) -> None:
    topic = await new_topic(kafka)
    async with Publisher(kafka, AGENCY, topic) as publisher:
        await publisher.publish_all(crimes(12, cases=12))
    placed = {record.key: record.partition for record in await stored_in(kafka, topic)}
    # By Kafka's murmur2 as Java and librdkafka's murmur2_random compute it.
    assert placed == {key: murmur2_partition(key) for key in placed}
    assert len(placed) == 12


def murmur2_partition(key: bytes) -> int:
    mask, mixer = 0xFFFFFFFF, 0x5BD1E995
    digest = 0x9747B28C ^ len(key)
    whole = len(key) - len(key) % 4
    for start in range(0, whole, 4):
        word = int.from_bytes(key[start : start + 4], "little") * mixer & mask
        word = (word ^ word >> 24) * mixer & mask
        digest = digest * mixer & mask ^ word
    if rest := key[whole:]:
        digest = (digest ^ int.from_bytes(rest, "little")) * mixer & mask
    digest = (digest ^ digest >> 13) * mixer & mask
    return ((digest ^ digest >> 15) & 0x7FFFFFFF) % PARTITIONS


async def test_many_events_are_all_stored_in_order_and_the_progress_is_told(kafka: str) -> None:
    topic = await new_topic(kafka)
    told: list[int] = []
    async with Publisher(kafka, AGENCY, topic, told.append) as publisher:
        assert await publisher.publish_all(crimes(5000)) == 5000
    records = await stored_in(kafka, topic)
    assert len(records) == 5000
    assert first_occurrences_by_case(records) == published_by_case(crimes(5000))
    assert told == list(range(1, 5001))


async def test_the_whole_demonstration_is_published_in_seconds(kafka: str) -> None:
    faults: list[RowFault] = []
    events = list(demo_events(DEMO_FILE, faults.append))
    agencies = sorted({event.publisher for event in events})
    topics = {agency: await new_topic(kafka) for agency in agencies}
    began = time.monotonic()
    publishers = {agency: Publisher(kafka, agency, topics[agency]) for agency in agencies}
    async with (
        publishers["west-mercia-police"],
        publishers["childrens-social-care"],
        publishers["worcestershire-health"],
    ):
        played = await play(iter(events), publishers)
    seconds = time.monotonic() - began
    assert faults == []
    assert sum(played.values()) == len(events) > 8000
    stored = [record for topic in topics.values() for record in await stored_in(kafka, topic)]
    assert sorted(r.value for r in stored) == sorted(write_event(event) for event in events)
    assert seconds < 15


async def test_without_a_broker_opening_fails_and_says_so() -> None:
    with pytest.raises(PublishFailed, match="no connection to Kafka: KafkaConnectionError"):
        async with Publisher("127.0.0.1:9", AGENCY):
            pass


async def test_nothing_is_lost_or_out_of_order_when_the_broker_is_killed_and_comes_back(
    broker_of_its_own: Infrastructure,
) -> None:
    kafka, servers = broker_of_its_own.kafka, broker_of_its_own.servers
    topic = await new_topic(kafka)
    limits = Limits(stuck_after=3, in_flight=200)
    async with Publisher(kafka, AGENCY, topic, limits=limits) as publisher:
        await publisher.publish_all(crimes(500))
        publishing = asyncio.create_task(publisher.publish_all(crimes(20_000)))
        await asyncio.sleep(0)
        await asyncio.to_thread(servers.kill_kafka)
        assert not publishing.done()
        await asyncio.to_thread(servers.restart_kafka)
        assert await publishing == 20_000
    found = first_occurrences_by_case(await stored_in(kafka, topic))
    assert found == published_by_case(crimes(20_000))


async def test_a_broker_that_answers_nobody_has_its_connection_made_anew(
    broker_of_its_own: Infrastructure,
) -> None:
    kafka, servers = broker_of_its_own.kafka, broker_of_its_own.servers
    topic = await new_topic(kafka)
    async with Publisher(kafka, AGENCY, topic, limits=Limits(stuck_after=1)) as publisher:
        await publisher.publish_all(crimes(500))
        servers.pause_kafka()
        try:
            publishing = asyncio.create_task(publisher.publish_all(crimes(2000)))
            await asyncio.wait([publishing], timeout=4)
            assert not publishing.done()
        finally:
            servers.resume_kafka()
        assert await publishing == 2000
    found = first_occurrences_by_case(await stored_in(kafka, topic))
    assert found == published_by_case(crimes(2000))


async def test_publishing_gives_up_in_the_stated_time_and_leaves_nothing_waiting(
    broker_of_its_own: Infrastructure,
) -> None:
    kafka, servers = broker_of_its_own.kafka, broker_of_its_own.servers
    topic = await new_topic(kafka)
    publisher = Publisher(kafka, AGENCY, topic, limits=Limits(stuck_after=1, give_up_after=3))
    (event,) = crimes(1)
    await publisher.__aenter__()
    await publisher.publish(event)
    servers.pause_kafka()
    try:
        began = time.monotonic()
        with pytest.raises(PublishFailed, match="not stored after"):
            await publisher.publish(event)
        assert time.monotonic() - began < 12
        with pytest.raises(PublishFailed, match="not stored after"):
            await publisher.submit(event)
        with pytest.raises(PublishFailed, match="not stored after"):
            await publisher.__aexit__(None, None, None)
    finally:
        servers.resume_kafka()
