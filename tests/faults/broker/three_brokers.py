"""Three brokers of the bar's own, and an exchange whose every topic is on all of them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from concordat.stack.kafka_cluster import KafkaCluster
from concordat.stack.state_directory import StateDirectory
from faults.bar import Ground
from faults.rig import Rig, open_rig

COPIES = 3


@asynccontextmanager
async def open_cluster(ground: Ground) -> AsyncIterator[KafkaCluster]:
    """Three brokers; deleted on leaving."""
    folder = ground.stacks.folder("cluster")
    state = StateDirectory(folder / "state")
    cluster = KafkaCluster(state, lambda _: None)
    await asyncio.to_thread(cluster.start)
    try:
        yield cluster
    finally:
        await asyncio.to_thread(cluster.destroy)


@asynccontextmanager
async def open_rig_on(ground: Ground, cluster: KafkaCluster) -> AsyncIterator[Rig]:
    """The contract's topics, as in production; nothing runs yet."""
    postgres = (await ground.stacks.infrastructure()).postgres
    servers = cluster.bootstrap, postgres
    async with open_rig(ground, servers=servers, replication=COPIES) as rig:
        yield rig
