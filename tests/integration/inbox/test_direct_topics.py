"""What was not written in time is never written: it may be withdrawn by then."""

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from concordat.inbox.direct_items import DirectItem
from concordat.inbox.direct_topics import DirectTopics, DirectTopicUnavailable, open_direct_topics
from concordat.inbox.stored_item import StoredItem
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client, apply_topics
from concordat.kafka.topics_file import TopicPlan
from concordat.stack.embedded import EmbeddedInfrastructure, Infrastructure
from concordat.stack.state_directory import StateDirectory
from kafka_log import read_to_end

TOPICS = Topics()
AGENCY = "social-care"


def item(number: int, body: str | None = None) -> DirectItem:
    under = ("police", "an-agreement", 1, "all-crimes", "crime.v1")
    return DirectItem(StoredItem(number, False, *under, body or f"{number}"), "case-0001", True)


@pytest_asyncio.fixture(scope="module")
async def broker(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Infrastructure]:
    """The module's own, with the topic of one agency."""
    state = StateDirectory(tmp_path_factory.mktemp("broker") / "state")
    servers = EmbeddedInfrastructure(state, lambda _: None)
    try:
        found = await asyncio.to_thread(servers.start)
        plan = TopicPlan(TOPICS.inbox(AGENCY), 1, 1, {})
        await asyncio.to_thread(apply_topics, admin_client(found.kafka), [plan])
        yield found
    finally:
        await asyncio.to_thread(servers.destroy)


async def written(broker: Infrastructure) -> list[str]:
    found = await asyncio.to_thread(read_to_end, broker.kafka, TOPICS.inbox(AGENCY))
    return [record.value.decode() for record in found]


@pytest.mark.timeout(120)
async def test_what_a_dead_broker_did_not_take_is_never_written_later(
    broker: Infrastructure,
) -> None:
    async with open_direct_topics(broker.kafka, TOPICS) as topics:
        await topics.write(AGENCY, [item(1)])
        await asyncio.to_thread(broker.servers.kill_kafka)
        with pytest.raises(DirectTopicUnavailable):
            await topics.check(AGENCY)
        with pytest.raises(DirectTopicUnavailable) as failed:
            await topics.write(AGENCY, [item(2), item(3)])
        assert failed.value.code.isupper()
        await asyncio.to_thread(broker.servers.restart_kafka)
        await until_answered(topics)
        await topics.write(AGENCY, [item(4)])
        await asyncio.sleep(6)  # longer than a client waits between two tries
        assert await written(broker) == ["1", "4"]


async def test_what_the_client_refuses_is_no_unforeseen_error(broker: Infrastructure) -> None:
    before = await written(broker)
    async with open_direct_topics(broker.kafka, TOPICS) as topics:
        with pytest.raises(DirectTopicUnavailable) as failed:
            await topics.write(AGENCY, [item(5, "Zebedee" * 1_000_000)])
        assert str(failed.value) == "MSG_SIZE_TOO_LARGE"
        await topics.write(AGENCY, [item(6)])
    assert await written(broker) == [*before, "6"]


async def until_answered(topics: DirectTopics) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                return await topics.check(AGENCY)
            except DirectTopicUnavailable:
                await asyncio.sleep(0.2)
