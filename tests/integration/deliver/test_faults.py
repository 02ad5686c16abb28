"""P2: nothing lost, nothing doubled, whatever ends or fails."""

import asyncio
import signal
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from concordat.deliver.errors import NotTheWriter, TooManyFailures
from concordat.deliver.followed_logs import follow
from concordat.deliver.position import LogIdentity
from concordat.deliver.read_record import read_record
from concordat.deliver.readiness import Readiness
from concordat.deliver.rows import Batch, Move
from concordat.deliver.service import DeliverOptions
from concordat.deliver.store import DeliverStore
from concordat.kafka.topics import Topics
from concordat.postgres.pool import open_pool
from concordat.stages.routed import write_routed
from integration.deliver.dying_process import start_dying
from integration.deliver.exchange import Exchange, ready, until
from unit.deliver.records import routed

POINTS = ("consumed", "stored", "committed")
LOG = LogIdentity("cluster", "topic")


@pytest.mark.parametrize("point", POINTS)
async def test_a_process_killed_at_any_point_of_the_loop_loses_and_doubles_nothing(
    exchange: Exchange, tmp_path: Path, point: str
) -> None:
    await exchange.write(routed("event-0001", (0, 0), "schools", "social-care"))
    process = await start_dying(exchange, tmp_path / "log", point)
    assert await asyncio.to_thread(process.exit_code) == -signal.SIGKILL
    stored = point == "committed"
    assert len(await exchange.inbox("schools")) == stored
    await exchange.write(routed("event-0002", (0, 1), "schools"))
    await exchange.deliver_all()
    assert await exchange.inbox("schools") == [(1, "event-0001"), (2, "event-0002")]
    assert await exchange.inbox("social-care") == [(1, "event-0001")]


async def test_a_process_that_stands_still_is_replaced_and_leaves_when_it_wakes(
    exchange: Exchange, tmp_path: Path
) -> None:
    await exchange.write(routed("event-0001", (0, 0), "schools"))
    still = await start_dying(exchange, tmp_path / "log", "never")
    await until(exchange.is_all_consumed)
    still.send(signal.SIGSTOP)
    try:
        await exchange.write(routed("event-0002", (0, 1), "schools"))
        await exchange.deliver_all()
    finally:
        still.send(signal.SIGCONT)
    assert await asyncio.to_thread(still.exit_code) == 1
    assert await exchange.inbox("schools") == [(1, "event-0001"), (2, "event-0002")]


@pytest.mark.parametrize("point", POINTS)
async def test_a_connection_lost_at_any_point_of_the_loop_is_taken_up_again(
    exchange: Exchange, point: str
) -> None:
    lost: list[str] = []

    def lose_once(reached: str) -> None:
        if reached == point and not lost:
            lost.append(reached)
            raise ConnectionResetError

    await exchange.write(routed("event-0001", (0, 0), "schools"))
    async with exchange.delivering(options=DeliverOptions(hook=lose_once)) as task:
        await until(exchange.is_all_consumed, task)
        await exchange.write(routed("event-0002", (0, 1), "schools"))
        await until(exchange.is_all_consumed, task)
    assert lost == [point]
    assert await exchange.inbox("schools") == [(1, "event-0001"), (2, "event-0002")]


async def test_an_error_that_is_not_known_to_pass_leaves_and_stores_nothing(
    exchange: Exchange,
) -> None:
    def fail(reached: str) -> None:
        if reached == "stored":
            raise ZeroDivisionError

    await exchange.write(routed("event-0001", (0, 0), "schools"))
    with pytest.raises(ZeroDivisionError):
        await exchange.deliver_all(options=DeliverOptions(hook=fail))
    assert await exchange.inbox("schools") == []
    assert sum((await exchange.positions()).values()) == 0


async def test_what_fails_again_and_again_leaves(exchange: Exchange) -> None:
    def fail(reached: str) -> None:
        if reached == "stored":
            raise TimeoutError

    await exchange.write(routed("event-0001", (0, 0), "schools"))
    with pytest.raises(TooManyFailures, match="3 failures"):
        await exchange.deliver_all(options=DeliverOptions(hook=fail, most_failures=3))


async def test_the_database_s_sessions_may_be_ended_under_it(exchange: Exchange) -> None:
    readiness = Readiness()
    async with exchange.delivering(readiness=readiness) as task:
        await ready(readiness, task)
        for number in range(5):
            await exchange.write(routed(f"event-{number:04}", (0, number), "schools"))
            # All but the one with the writer's lock, without which deliver leaves.
            await exchange.ask(
                """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                   WHERE usename = 'concordat_deliver' AND datname = current_database()
                   AND pid NOT IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory')"""
            )
        await until(exchange.is_all_consumed, task)
    assert [seq for seq, _event in await exchange.inbox("schools")] == [1, 2, 3, 4, 5]


def _batch(expected: int, *names: str) -> Batch:
    records = tuple(
        read_record(0, expected, write_routed(routed(name, (0, int(name[-4:])), "a", "b")))
        for name in names
    )
    return Batch(records, (Move(0, expected, expected + len(names)),))


async def test_a_writer_whose_position_was_moved_by_another_stores_nothing(
    exchange: Exchange,
) -> None:
    async with open_pool(exchange.settings.postgres.get_secret_value()) as pool:
        store, zombie = (DeliverStore(pool, Topics(""), LOG) for _ in range(2))
        await store.begin_at({0: 0})
        await store.store(_batch(0, "event-0001"))
        before = await exchange.stored()
        for late in (_batch(0, "event-0001"), _batch(0, "event-0002"), _batch(2, "event-0003")):
            with pytest.raises(NotTheWriter):
                await zombie.store(late)
        other_log = DeliverStore(pool, Topics(""), LogIdentity("cluster", "another"))
        with pytest.raises(NotTheWriter):
            await other_log.store(_batch(1, "event-0002"))
        assert await exchange.stored() == before


async def test_a_batch_whose_places_are_in_a_log_that_was_given_up_meanwhile_is_not_stored(
    exchange: Exchange,
) -> None:
    async with open_pool(exchange.settings.postgres.get_secret_value()) as pool:
        store, topics = DeliverStore(pool, Topics(""), LOG), Topics("")
        now, gone = LogIdentity("cluster", "now"), LogIdentity("cluster", "gone")
        await store.begin_at({0: 0})
        async with pool.acquire() as connection:
            await follow(connection, {topics.incidents: now})
        before = await exchange.stored()
        with pytest.raises(NotTheWriter):
            await store.store(replace(_batch(0, "event-0001"), incidents=gone))
        assert await exchange.stored() == before
        await store.store(replace(_batch(0, "event-0001"), incidents=now))
    assert await exchange.inbox("a") == [(1, "event-0001")]


async def test_two_writers_at_once_store_a_batch_once(exchange: Exchange) -> None:
    async with open_pool(exchange.settings.postgres.get_secret_value()) as pool:
        stores = [DeliverStore(pool, Topics(""), LOG) for _ in range(4)]
        await stores[0].begin_at({0: 0})
        outcomes = await asyncio.gather(
            *(store.store(_batch(0, "event-0001")) for store in stores), return_exceptions=True
        )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == [
        *["NoneType"],
        *["NotTheWriter"] * 3,
    ]
    assert await exchange.inbox("a") == [(1, "event-0001")]


async def test_a_deadlock_is_tried_again(exchange: Exchange) -> None:
    async with open_pool(exchange.settings.postgres.get_secret_value()) as pool:
        store = DeliverStore(pool, Topics(""), LOG)
        await store.begin_at({0: 0})
        await store.store(_batch(0, "event-0001"))
        # Only the store notices, so that it is the one who has to try again.
        patient = {"deadlock_timeout": "60s"}
        other = await asyncpg.connect(exchange.database.superuser, server_settings=patient)
        transaction = other.transaction()
        await transaction.start()
        await other.execute("UPDATE concordat.inbox SET last_seq = last_seq WHERE agency = 'b'")
        storing = asyncio.ensure_future(store.store(_batch(1, "event-0002")))

        async def waits() -> bool:
            rows = await exchange.ask(
                """SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'
                   AND datname = current_database()"""
            )
            return bool(rows)

        await until(waits)
        # It has the position and waits for the inbox; now the other one wants the position.
        await other.execute("UPDATE concordat.consumed SET updated_at = now()")
        await transaction.rollback()
        await other.close()
        await storing
    [[deadlocks]] = await exchange.ask(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    assert deadlocks >= 1
    assert await exchange.inbox("b") == [(1, "event-0001"), (2, "event-0002")]
