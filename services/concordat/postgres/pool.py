"""Connections that give up in time, and the scope in which an agency's rows exist at all."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg

# In quotes: asyncpg's classes are generic for the type checker only.
Pool: TypeAlias = "asyncpg.Pool[asyncpg.Record]"
Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Scoped: TypeAlias = "asyncpg.pool.PoolConnectionProxy[asyncpg.Record]"


def session_settings(*, statement_seconds: float = 10.0) -> dict[str, str]:
    """What every session of ours is opened with: nothing waits for ever, nothing stays open."""
    return {
        "application_name": "concordat",
        "search_path": "concordat",
        "timezone": "UTC",
        "statement_timeout": _milliseconds(statement_seconds),
        "lock_timeout": _milliseconds(5.0),
        "idle_in_transaction_session_timeout": _milliseconds(15.0),
        # Tables grow from nothing within minutes: a plan made for a small one would be kept, and
        # reads a whole inbox for each item of a page (10 s instead of 2 ms).
        "plan_cache_mode": "force_custom_plan",
    }


@asynccontextmanager
async def open_pool(
    dsn: str,
    *,
    statement_seconds: float = 10.0,
    min_size: int = 1,
    max_size: int = 10,
) -> AsyncIterator[Pool]:
    """Yield a pool of sessions of one role; all are closed on leaving."""
    async with asyncpg.create_pool(
        dsn,
        min_size=min_size,
        max_size=max_size,
        timeout=5.0,
        server_settings=session_settings(statement_seconds=statement_seconds),
    ) as pool:
        yield pool


@asynccontextmanager
async def agency_scope(pool: Pool, agency: str) -> AsyncIterator[Scoped]:
    """Yield a connection inside one transaction that sees only what belongs to `agency`.

    Committed on leaving, rolled back on an error; afterwards the connection sees nothing.
    """
    async with pool.acquire() as connection, connection.transaction():
        await connection.execute("SELECT set_config('concordat.agency', $1, true)", agency)
        yield connection


def _milliseconds(seconds: float) -> str:
    return str(round(seconds * 1000))
