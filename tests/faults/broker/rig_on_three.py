"""A rig on three brokers: as any other, but every topic is on all of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import asyncpg

from concordat.inbox.token_keys import new_token_key
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import apply_topics
from concordat.kafka.topics_file import TopicPlan
from concordat.stack.kafka_cluster import KafkaCluster
from concordat.stack.state_directory import StateDirectory
from exchange_on_kafka import KafkaExchange, exchange_plans, signed_register
from faults.bar import Ground
from faults.rig import Rig
from integration.postgres.databases import fresh_database

COPIES = 3


def plans_on_the_cluster(plans: list[TopicPlan]) -> list[TopicPlan]:
    """The contract's topics, as in production."""
    return [replace(plan, replication=COPIES) for plan in plans]


@asynccontextmanager
async def open_cluster(ground: Ground) -> AsyncIterator[KafkaCluster]:
    """Three brokers of the bar's own; deleted on leaving."""
    folder = ground.stacks.folder("cluster")
    state = StateDirectory(folder / "state")
    cluster = KafkaCluster(state, lambda _: None, heavy_load=ground.size == "full")
    await asyncio.to_thread(cluster.start)
    try:
        yield cluster
    finally:
        await asyncio.to_thread(cluster.destroy)


@asynccontextmanager
async def open_rig_on(ground: Ground, cluster: KafkaCluster) -> AsyncIterator[Rig]:
    """Topics made, register written, database migrated; nothing runs yet."""
    infrastructure = await ground.stacks.infrastructure()
    folder = ground.stacks.folder("rig")
    async with (
        fresh_database(infrastructure.postgres) as database,
        asyncpg.create_pool(database.superuser, min_size=1, max_size=4) as pool,
    ):
        exchange = await asyncio.to_thread(_exchange, cluster.bootstrap, folder)
        rig = Rig(exchange, database, pool, folder, new_token_key(), ground.planted_in_workers)
        try:
            yield rig
        finally:
            await asyncio.to_thread(rig.kill_all)
            await asyncio.to_thread(exchange.close)


def _exchange(kafka: str, folder: Path) -> KafkaExchange:
    register, topics = signed_register(), Topics(f"t{uuid4().hex[:8]}.")
    plans = plans_on_the_cluster(exchange_plans(register, topics.prefix))
    exchange = KafkaExchange(kafka, topics, register, plans, folder)
    apply_topics(exchange.admin, plans)
    exchange.write_register()
    return exchange
