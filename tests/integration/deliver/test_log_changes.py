"""A log that is not the one consumed so far stops deliver, and the error names the command."""

import asyncio

import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import NewPartitions

from concordat.deliver.errors import PartitionsChanged, RoutedLogChanged, RoutedTopicMissing
from concordat.deliver.readiness import Readiness
from concordat.deliver.replay import forget_positions
from concordat.deliver.service import DeliverOptions
from integration.deliver.exchange import PARTITIONS, Exchange, ready, until
from unit.deliver.records import routed


async def test_a_position_beyond_the_end_stops_it(exchange: Exchange) -> None:
    await exchange.write(routed("event-0001", (0, 0), "schools"))
    await exchange.deliver_all()
    await exchange.superuser.execute("UPDATE concordat.consumed SET next_offset = 9")
    with pytest.raises(RoutedLogChanged, match="concordat replay routed"):
        await exchange.deliver_until_it_fails()


async def test_a_position_before_the_start_stops_it(exchange: Exchange) -> None:
    await exchange.write(*(routed(f"event-{n:04}", (0, n), "schools") for n in range(5)))
    await exchange.deliver_all()
    await exchange.superuser.execute("UPDATE concordat.consumed SET next_offset = 1")
    await _delete_before(exchange, 3)
    with pytest.raises(RoutedLogChanged, match="from 3 to 5, the position is 1"):
        await exchange.deliver_until_it_fails()


async def test_a_first_run_starts_at_the_start_of_the_log(exchange: Exchange) -> None:
    await exchange.write(*(routed(f"event-{n:04}", (0, n), "schools") for n in range(5)))
    await _delete_before(exchange, 3)
    await exchange.deliver_all()
    assert await exchange.inbox("schools") == [(1, "event-0003"), (2, "event-0004")]


async def test_a_topic_that_was_made_again_stops_it_until_the_positions_are_forgotten(
    exchange: Exchange,
) -> None:
    await exchange.write(routed("event-0001", (0, 0), "schools"))
    await exchange.deliver_all()
    await exchange.delete_topic()
    await exchange.make_topic()
    await exchange.write(
        routed("event-0001", (0, 0), "schools"), routed("event-0002", (0, 1), "schools")
    )
    with pytest.raises(RoutedLogChanged, match="deleted and made again"):
        await exchange.deliver_until_it_fails()
    assert await exchange.inbox("schools") == [(1, "event-0001")]
    await forget_positions(exchange.settings.postgres.get_secret_value(), exchange.topic)
    await exchange.deliver_all()
    assert await exchange.inbox("schools") == [(1, "event-0001"), (2, "event-0002")]


async def test_another_cluster_stops_it(exchange: Exchange) -> None:
    await exchange.write(routed("event-0001", (0, 0), "schools"))
    await exchange.deliver_all()
    await exchange.superuser.execute("UPDATE concordat.consumed SET cluster_id = 'another'")
    with pytest.raises(RoutedLogChanged, match="another cluster"):
        await exchange.deliver_until_it_fails()


async def test_a_topic_that_changes_under_a_running_process_stops_it(exchange: Exchange) -> None:
    readiness = Readiness()
    async with exchange.delivering(
        readiness=readiness, options=DeliverOptions(check_seconds=0.1)
    ) as task:
        await ready(readiness, task)
        await exchange.delete_topic()
        await exchange.make_topic()
        await _end_of(task)
    assert isinstance(task.exception(), RoutedLogChanged | RoutedTopicMissing)


async def test_new_partitions_end_a_running_process(exchange: Exchange) -> None:
    readiness = Readiness()
    async with exchange.delivering(
        readiness=readiness, options=DeliverOptions(check_seconds=0.1)
    ) as task:
        await ready(readiness, task)
        more = exchange.admin.create_partitions([NewPartitions(exchange.topic, PARTITIONS + 1)])
        await asyncio.wrap_future(more[exchange.topic])
        await _end_of(task)
    assert isinstance(task.exception(), PartitionsChanged)


async def test_without_a_topic_it_does_not_start(exchange: Exchange) -> None:
    await exchange.delete_topic()
    with pytest.raises(RoutedTopicMissing, match="concordat topics apply"):
        await exchange.deliver_until_it_fails()


async def _end_of(task: "asyncio.Task[None]") -> None:
    async def ended() -> bool:
        return task.done()

    await until(ended)


async def _delete_before(exchange: Exchange, offset: int) -> None:
    place = TopicPartition(exchange.topic, 0, offset)
    deleted = exchange.admin.delete_records([place])
    await asyncio.wrap_future(deleted[place])
