import json
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from aiokafka import AIOKafkaConsumer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from builders import crime
from concordat.inbox.dependencies import OutboxUnavailable
from concordat.inbox.kafka_outbox import KafkaOutbox, open_outbox
from concordat.kafka.topics import Topics
from concordat_events.envelope import CONTENT_TYPE, Event, read_event, write_event


def event(number: int, case: str = "case-0001") -> Event:
    content = {**crime(), "id": f"crime-{number:04}", "subject": case}
    return read_event(json.dumps(content).encode())


@pytest_asyncio.fixture
async def topics(kafka: str) -> AsyncIterator[Topics]:
    topics = Topics(f"inbox-{uuid4().hex[:8]}.")
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topics.outbox("police"), 3, 1)])
    yield topics
    await admin.delete_topics([topics.outbox("police")])
    await admin.close()


async def test_events_reach_the_agencys_outbox_by_case_in_order(kafka: str, topics: Topics) -> None:
    sent = [event(number, f"case-000{number % 5}") for number in range(50)]
    async with open_outbox(kafka, topics) as outbox:
        await outbox.publish("police", sent)
    consumer = AIOKafkaConsumer(
        topics.outbox("police"),
        bootstrap_servers=kafka,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    )
    await consumer.start()
    records = [await consumer.getone() for _ in sent]
    await consumer.stop()
    found = {record.value: record for record in records}
    assert set(found) == {write_event(each) for each in sent}
    for each in sent:
        record = found[write_event(each)]
        assert record.key == each.subject.encode()
        assert record.headers == (("content-type", CONTENT_TYPE.encode()),)
    for case in {each.subject for each in sent}:
        of_case = [record for record in records if record.key == case.encode()]
        assert len({record.partition for record in of_case}) == 1
        ids = [read_event(record.value).id for record in of_case]
        assert ids == [each.id for each in sent if each.subject == case]


async def test_without_a_broker_nothing_is_said_to_be_accepted(topics: Topics) -> None:
    outbox = KafkaOutbox("127.0.0.1:1", topics)
    with pytest.raises(OutboxUnavailable) as failed:
        await outbox.publish("police", [event(1)])
    assert "crime" not in str(failed.value)


async def test_after_a_failure_the_next_event_is_published_by_a_new_producer(
    kafka: str, topics: Topics
) -> None:
    async with open_outbox(kafka, topics) as outbox:
        await outbox.publish("police", [event(1)])
        first = outbox._kept._producer
        assert first is not None
        await first.stop()  # as a producer that will never work again
        with pytest.raises(OutboxUnavailable):
            await outbox.publish("police", [event(2)])
        await outbox.publish("police", [event(2)])
        assert outbox._kept._producer is not first
