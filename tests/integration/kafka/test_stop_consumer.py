import asyncio

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from concordat.kafka.stop_consumer import stop_consumer
from exchange_on_kafka import KafkaExchange


async def consumer_that_waits_to_fetch_again(exchange: KafkaExchange) -> AIOKafkaConsumer:
    """As after an answer that did not come: it sleeps before it asks again."""
    consumer = AIOKafkaConsumer(bootstrap_servers=exchange.kafka)
    await consumer.start()
    consumer.assign([TopicPartition(exchange.topics.incidents, 0)])
    assert await consumer.getmany(timeout_ms=200) == {}
    consumer._fetcher._pending_tasks.add(asyncio.create_task(asyncio.sleep(600)))
    await asyncio.sleep(0)
    return consumer


async def test_a_fetch_that_waits_to_be_tried_again_does_not_cancel_who_stops(
    exchange: KafkaExchange,
) -> None:
    consumer = await consumer_that_waits_to_fetch_again(exchange)
    await stop_consumer(consumer)
    assert not any(each.connected() for each in consumer._client._conns.values())


async def test_a_caller_that_is_cancelled_is_told(
    exchange: KafkaExchange,
) -> None:
    consumer = await consumer_that_waits_to_fetch_again(exchange)
    stopping = asyncio.create_task(stop_consumer(consumer))
    await asyncio.sleep(0)
    stopping.cancel()
    with pytest.raises(asyncio.CancelledError):
        await stopping
