"""Bring the database's schema to the newest revision."""

from io import StringIO
from pathlib import Path

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

MIGRATIONS = Path(__file__).parent / "migrations"
_ONE_AT_A_TIME = 0x636F6E63


async def migrate(dsn: str) -> str:
    """Migrate as `concordat_migrator`, in one transaction; return the revision. Idempotent.

    The roles must exist (`concordat.postgres.roles.ensure_roles`). Raises asyncpg's errors.
    """
    connection = await asyncpg.connect(dsn)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _ONE_AT_A_TIME)
            await connection.execute("CREATE SCHEMA IF NOT EXISTS concordat")
            before = await _revision(connection)
            if before != newest():
                await connection.execute(statements(before))
        return newest()
    finally:
        await connection.close()


async def current(dsn: str) -> str | None:
    """Return the revision of the database, None before the first migration."""
    connection = await asyncpg.connect(dsn)
    try:
        return await _revision(connection)
    finally:
        await connection.close()


def newest() -> str:
    """Return the revision that this program needs."""
    head = ScriptDirectory.from_config(_config(StringIO())).get_current_head()
    assert head is not None
    return head


def statements(revision: str | None) -> str:
    """Return the SQL that leads from `revision` (None: nothing yet) to the newest one."""
    sql = StringIO()
    command.upgrade(_config(sql), f"{revision or 'base'}:head", sql=True)
    return sql.getvalue()


def _config(output: StringIO) -> Config:
    config = Config(output_buffer=output)
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


async def _revision(connection: asyncpg.Connection) -> str | None:
    if await connection.fetchval("SELECT to_regclass('concordat.alembic_version')") is None:
        return None
    revision: str | None = await connection.fetchval(
        "SELECT version_num FROM concordat.alembic_version"
    )
    return revision
