"""The right to deliver: a session advisory lock, held by one process at a time.

It keeps a second process waiting as hot standby. What makes a mistake impossible is the
compare-and-set of the position; the lock makes it rare.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

import asyncpg

from concordat.deliver.errors import WriterLockLost
from concordat.postgres.pool import Connection, session_settings

LOCK = 0x64656C69766572
_RETRY_SECONDS, _ENDS_SECONDS = 0.25, 2.0
_HEARTBEAT_SECONDS = 1.0
_ANSWER_SECONDS = 5.0
_NOT_YET = (
    OSError,  # nobody listens, or nobody answers in time
    asyncpg.PostgresConnectionError,
    asyncpg.CannotConnectNowError,
    asyncpg.TooManyConnectionsError,
)
# The server ends the session of a process that stands still or whose machine is gone, so that
# the standby takes over.
_SILENCE = {
    "idle_session_timeout": "10000",
    "tcp_keepalives_idle": "5",
    "tcp_keepalives_interval": "2",
    "tcp_keepalives_count": "3",
}


class WriterLock:
    """The lock on its own connection; `take` it, then `watch` it for as long as you write."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._gone = asyncio.Event()
        connection.add_termination_listener(lambda _connection: self._gone.set())

    async def try_take(self) -> bool:
        """Return whether this process is the writer now."""
        taken: bool = await self._connection.fetchval("SELECT pg_try_advisory_lock($1)", LOCK)
        return taken

    async def take_soon(self) -> bool:
        """Return whether this process is the writer now, at once or within 2 s.

        The server takes a moment to end the session of a process that has left.
        """
        deadline = asyncio.get_running_loop().time() + _ENDS_SECONDS
        while not (taken := await self.try_take()):
            if asyncio.get_running_loop().time() > deadline:
                break
            await asyncio.sleep(_RETRY_SECONDS)
        return taken

    async def take(self, stop: asyncio.Event, waiting: Callable[[], None]) -> bool:
        """Wait until this process is the writer; False when `stop` came first."""
        while not stop.is_set():
            if await self.try_take():
                return True
            waiting()
            await _passes(stop, _RETRY_SECONDS)
        return False

    async def watch(self) -> None:
        """Raise `WriterLockLost` once the session with the lock is gone; never return."""
        while not await _passes(self._gone, _HEARTBEAT_SECONDS):
            try:
                await self._connection.fetchval("SELECT 1", timeout=_ANSWER_SECONDS)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError) as error:
                raise WriterLockLost from error
        raise WriterLockLost


@asynccontextmanager
async def open_writer_lock(dsn: str) -> AsyncIterator[WriterLock]:
    """Yield the lock, not yet taken; it is given back on leaving."""
    settings = session_settings(statement_seconds=_ANSWER_SECONDS) | _SILENCE
    connection = await asyncpg.connect(dsn, timeout=_ANSWER_SECONDS, server_settings=settings)
    try:
        yield WriterLock(connection)
    finally:
        connection.terminate()


async def reach_writer_lock(
    stack: AsyncExitStack, dsn: str, stop: asyncio.Event, waiting: Callable[[str], None]
) -> WriterLock | None:
    """Open the lock on `stack` once the database takes sessions; None when `stop` came first.

    A database that restarts is no reason to leave: too many ends in a row are given up by whoever
    starts this process again. Wrong credentials are raised. `waiting` is told the error's name.
    """
    while not stop.is_set():
        try:
            return await stack.enter_async_context(open_writer_lock(dsn))
        except _NOT_YET as error:
            waiting(type(error).__name__)
            await _passes(stop, _RETRY_SECONDS)
    return None


async def _passes(event: asyncio.Event, seconds: float) -> bool:
    """Return whether `event` happens within `seconds`."""
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True
