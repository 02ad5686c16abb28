"""An older database, topics made again, offsets deleted, another cluster: noticed, then mended."""

import asyncio

from concordat.runtime.errors import SourceMadeAgain
from exchange_on_kafka import PUBLISHERS
from faults.bar import Bar, Ground
from faults.restore.bugs import BUGS
from faults.restore.cluster_lost import lose_cluster
from faults.restore.restored_exchange import NOTICED_SECONDS, Restored, open_restored


async def run(ground: Ground) -> None:
    """Each loss on one exchange in turn; the last one is of a Kafka of its own."""
    rounds = ground.pick(smoke=1, full=8)
    async with open_restored(ground, ground.pick(smoke=120, full=1000)) as restored:
        for _ in range(rounds):
            await lose_rows(restored)
            await lose_routed(restored)
            await lose_incidents(restored)
            await lose_offsets(restored)
            await lose_outbox(restored)
        await restored.claim_nothing_lost()
        ground.findings.least(5 * rounds, losses=restored.losses)
    await lose_cluster(ground)


async def lose_rows(restored: Restored) -> None:
    """Postgres is restored from a backup, after more was delivered and read."""
    backup = await restored.back_up()
    await restored.publish_and_read()
    before = await restored.delivered()
    restored.kill("deliver", "inbox")
    await restored.restore(backup)
    restored.count("rows_that_the_backup_lacked", before - await restored.delivered())
    restored.rig.start("inbox")
    await restored.until_works("inbox")
    await restored.claim_readers_told()
    restored.rig.start("deliver")
    await restored.claim_noticed("database")
    await restored.recover("database")
    await restored.until_works("deliver")
    await restored.publish_and_read()


async def lose_routed(restored: Restored) -> None:
    """`routed` is made again, with decisions in it that deliver had not read."""
    restored.kill("deliver")
    await restored.publish()
    await asyncio.to_thread(restored.rig.exchange.until_drained, "admit", "route")
    restored.kill("route")
    await restored.make_again(restored.rig.exchange.topics.routed)
    restored.rig.start("route")
    restored.rig.start("deliver")
    await restored.claim_noticed("routed")
    await restored.claim_refused_while_it_runs("route")
    restored.kill("route")
    await restored.recover("routed")
    restored.rig.start("route")
    await restored.publish_and_read()


async def lose_incidents(restored: Restored) -> None:
    """`incidents` is made again, with admissions in it that route had not read.

    Nor had deliver read all its decisions: they stand in `routed` before those of the new one,
    whose events are in the same places.
    """
    exchange = restored.rig.exchange
    restored.kill("deliver")
    await restored.publish()
    await asyncio.to_thread(exchange.until_drained, "admit", "route")
    restored.count("decisions_of_the_lost_log", await restored.rig.undelivered())
    restored.kill("route")
    await restored.publish()
    await asyncio.to_thread(exchange.until_drained, "admit")
    restored.kill("admit")
    await restored.make_again(exchange.topics.incidents)
    restored.rig.start_all(admit=1, route=1)
    await restored.publish()
    await asyncio.to_thread(exchange.until_drained, "admit", "route")
    restored.rig.start("deliver")
    await restored.claim_noticed("incidents")
    restored.kill("admit", "route")
    await restored.recover("incidents")
    restored.rig.start_all(admit=1, route=1)
    await restored.publish_and_read()


async def lose_offsets(restored: Restored) -> None:
    """The committed offsets of both stages are deleted: they say so, and begin again to no effect.

    There is nothing for an operator to run.
    """
    rows, repeats = await restored.delivered(), await restored.repeats()
    restored.kill("admit", "route")
    await restored.delete_offsets("admit", "route")
    await asyncio.to_thread(restored.rig.start_all, admit=1, route=1)
    await restored.rig.until_drained()
    restored.claim_said_to_begin_again("admit", "route")
    restored.count("repeats_after_deleted_offsets", await restored.repeats() - repeats)
    restored.ground.findings.same(rows, rows_after_deleted_offsets=await restored.delivered())
    restored.losses += 1
    await restored.publish_and_read()


async def lose_outbox(restored: Restored) -> None:
    """An outbox is made again under admit, which leaves and says so; its next life reads all of it.

    There is nothing for an operator to run.
    """
    [admit] = restored.rig.of("admit")
    await restored.make_again(restored.rig.exchange.topics.outbox(PUBLISHERS[0]))
    await restored.publish()
    code = await asyncio.to_thread(admit.exit_code, NOTICED_SECONDS)
    restored.ground.findings.same(SourceMadeAgain.exit_code, admit_left_with=code)
    restored.rig.start("admit")
    restored.losses += 1
    await restored.publish_and_read()


BAR = Bar("restore", ("P2",), run, 60, BUGS)
