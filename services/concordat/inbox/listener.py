"""Postgres tells this process of arrivals: one connection, LISTEN, and a new one when it breaks."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import asyncpg

from concordat.inbox.arrivals import Arrivals
from concordat.inbox.database_away import DATABASE_AWAY
from concordat.runtime.logs import get_logger

CHANNEL = "concordat_inbox"
RETRY_SECONDS = 0.5
# A connection can be dead without either end knowing, so it is asked now and then.
PROBE_SECONDS = 5.0

log = get_logger(__name__)


@asynccontextmanager
async def listen(dsn: str, arrivals: Arrivals) -> AsyncIterator[asyncio.Task[None]]:
    """Announce to `arrivals` what Postgres notifies, through any number of lost connections.

    Yields the task that does it: it ends only by an error that nobody expected.
    """
    task = asyncio.create_task(_keep_listening(dsn, arrivals))
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep_listening(dsn: str, arrivals: Arrivals) -> None:
    while True:
        try:
            connection = await asyncpg.connect(dsn, timeout=PROBE_SECONDS)
        except (*DATABASE_AWAY, asyncpg.PostgresError) as error:
            log.warning("listener-not-connected", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
            continue
        try:
            await _listen_until_lost(connection, arrivals)
        except (*DATABASE_AWAY, asyncpg.PostgresError) as error:
            log.warning("listener-lost-its-connection", error=type(error).__name__)
            await asyncio.sleep(RETRY_SECONDS)
        finally:
            arrivals.connected = False
            connection.terminate()


async def _listen_until_lost(connection: Any, arrivals: Arrivals) -> None:
    lost = asyncio.Event()

    def announce(_connection: Any, _pid: int, _channel: str, agency: object) -> None:
        arrivals.announce(str(agency))

    connection.add_termination_listener(lambda _connection: lost.set())
    await connection.add_listener(CHANNEL, announce)
    arrivals.connected = True
    arrivals.announce_all()
    while not lost.is_set():
        with suppress(TimeoutError):
            async with asyncio.timeout(PROBE_SECONDS):
                await lost.wait()
        if not lost.is_set():
            await connection.fetchval("SELECT 1", timeout=PROBE_SECONDS)
