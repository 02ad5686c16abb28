"""Kafka loses all its data and is formatted anew: another cluster with the same address."""

import asyncio
import shutil

from concordat.kafka.topics_admin import apply_topics
from concordat.stack.embedded import EmbeddedInfrastructure
from concordat.stack.state_directory import StateDirectory
from concordat.streams.clients import common_settings, stage_producer
from faults.bar import Ground
from faults.load import Load
from faults.restore.restored_exchange import Restored, open_restored


async def lose_cluster(ground: Ground) -> None:
    """On servers of its own; what Postgres has is kept, and what comes after is delivered."""
    state = StateDirectory(ground.stacks.folder("cluster") / "state")
    servers = EmbeddedInfrastructure(state, lambda _sentence: None)
    try:
        running = await asyncio.to_thread(servers.start)
        addresses = running.kafka, running.postgres
        async with open_restored(ground, ground.pick(smoke=60, full=1000), addresses) as restored:
            await _lose(restored, servers, state)
            await restored.publish_and_read()
            await restored.publish_and_read()
            await _claim(restored)
    finally:
        await asyncio.to_thread(servers.destroy)


async def _lose(restored: Restored, servers: EmbeddedInfrastructure, state: StateDirectory) -> None:
    restored.kill("admit", "route", "deliver", "inbox")
    await asyncio.to_thread(servers.stop_kafka)
    for name in ("data", "formatted"):
        path = state.kafka / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    await asyncio.to_thread(servers.restart_kafka)
    await asyncio.to_thread(_prepare_again, restored)
    restored.rig.start("deliver")
    await restored.claim_noticed("cluster")
    status, losses, _ = await restored._command()
    restored.ground.findings.same(
        (1, ["incidents", "register", "routed"]), cluster_said=(status, sorted(losses))
    )
    status, _, _ = await restored._command("--yes")
    restored.ground.findings.same(0, cluster_mended=status)
    await asyncio.to_thread(restored.rig.start_all, admit=1, route=1, inbox=1)
    await restored.until_works("deliver")


def _prepare_again(restored: Restored) -> None:
    """What an operator does first: topics and the register, from the contracts."""
    exchange = restored.rig.exchange
    exchange.producer = stage_producer(common_settings(exchange.kafka, "test"))
    apply_topics(exchange.admin, exchange.plans)
    exchange._registered = 0
    exchange.write_register()
    published = restored.load.published
    restored.load = Load(restored.rig)
    restored.load.published.update(published)


async def _claim(restored: Restored) -> None:
    rows = await restored.delivered()
    findings = restored.ground.findings
    read = sum(len(each.read) for each in restored.readers)
    findings.same(rows, cluster_read=read)
    findings.same(2 * restored.load.total, cluster_delivered=rows)
    findings.none(
        cluster_read_twice_silently=sum(len(each.silently) for each in restored.readers),
        cluster_readers_told_in_vain=sum(each.told for each in restored.readers),
    )
