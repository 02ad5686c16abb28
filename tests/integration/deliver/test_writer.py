"""One process delivers, a second one waits."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from concordat.deliver import writer_lock
from concordat.deliver.errors import WriterActive, WriterLockLost
from concordat.deliver.loop import DeliverLoop
from concordat.deliver.readiness import Readiness
from concordat.deliver.recover import open_recovery
from concordat.deliver.replay import forget_positions
from concordat.kafka.topics import Topics
from integration.deliver.exchange import Exchange, ready, until
from unit.deliver.records import routed


async def test_the_second_process_waits_and_takes_over_when_the_first_one_stops(
    exchange: Exchange,
) -> None:
    first, second = Readiness(), Readiness()
    async with exchange.delivering(readiness=first) as one:
        await ready(first, one)
        async with exchange.delivering(readiness=second) as two:
            await exchange.write(routed("event-0001", (0, 0), "schools"))
            await until(exchange.is_all_consumed, one)

            async def waits() -> bool:
                return second.reason == "another process delivers"

            await until(waits, two)
            assert not second.ready
            await _end_the_lock_s_session(exchange)

            async def lost() -> bool:
                return one.done()

            await until(lost)
            assert isinstance(one.exception(), WriterLockLost)
            await ready(second, two)
            await exchange.write(routed("event-0002", (0, 1), "schools"))
            await until(exchange.is_all_consumed, two)
    assert await exchange.inbox("schools") == [(1, "event-0001"), (2, "event-0002")]


async def test_stopping_ends_it_in_order_also_while_it_waits(exchange: Exchange) -> None:
    readiness = Readiness()
    async with exchange.delivering(readiness=readiness) as one:
        await ready(readiness, one)
        async with exchange.delivering() as two:
            pass
        assert two.exception() is None
    assert one.exception() is None


async def test_a_database_that_takes_no_session_is_waited_for(exchange: Exchange) -> None:
    readiness = Readiness()
    await _allow_sessions(exchange, 0)
    async with exchange.delivering(readiness=readiness) as one:
        await until(_says(readiness, "the database cannot be reached"), one)
        await _allow_sessions(exchange, -1)
        await ready(readiness, one)


async def test_stopping_ends_it_also_while_the_database_is_away(exchange: Exchange) -> None:
    readiness = Readiness()
    await _allow_sessions(exchange, 0)
    async with exchange.delivering(readiness=readiness) as one:
        await until(_says(readiness, "the database cannot be reached"), one)
    assert one.exception() is None


async def test_positions_are_not_forgotten_under_a_running_process(exchange: Exchange) -> None:
    readiness = Readiness()
    async with exchange.delivering(readiness=readiness) as task:
        await ready(readiness, task)
        with pytest.raises(WriterActive):
            await forget_positions(exchange.settings.postgres.get_secret_value(), exchange.topic)


async def test_it_is_not_ready_before_it_has_a_place_to_read_from(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    readiness, find = Readiness(), DeliverLoop._find_position
    seen = []

    async def look(loop: DeliverLoop) -> None:
        seen.append(readiness.ready)
        await find(loop)

    monkeypatch.setattr(DeliverLoop, "_find_position", look)
    async with exchange.delivering(readiness=readiness) as task:
        await ready(readiness, task)
    assert seen == [False]


async def test_a_recovery_that_takes_long_keeps_the_right_to_write(
    exchange: Exchange, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn = exchange.settings.postgres.get_secret_value()
    topics = Topics(exchange.settings.topic_prefix)
    monkeypatch.setitem(writer_lock._SILENCE, "idle_session_timeout", "1500")
    async with open_recovery(dsn, exchange.settings.kafka, topics):
        await asyncio.sleep(3)
        with pytest.raises(WriterActive):
            await forget_positions(dsn, exchange.topic)


def _says(readiness: Readiness, reason: str) -> Callable[[], Awaitable[bool]]:
    async def says() -> bool:
        return readiness.reason == reason

    return says


async def _allow_sessions(exchange: Exchange, most: int) -> None:
    [(name,)] = await exchange.ask("SELECT current_database()")
    await exchange.superuser.execute(f'ALTER DATABASE "{name}" CONNECTION LIMIT {most}')


async def _end_the_lock_s_session(exchange: Exchange) -> None:
    ended = await exchange.ask(
        """SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
    )
    assert ended == [(True,)]
