"""The database's roles and the database itself, made by a superuser before the migrations.

`concordat_migrator` owns the schema and runs nothing else. The others own nothing; none is a
superuser, none bypasses row level security, none inherits from another.
"""

from collections.abc import Mapping

import asyncpg

MIGRATOR = "concordat_migrator"
DELIVER = "concordat_deliver"
API = "concordat_api"
AUDITOR = "concordat_auditor"
ROLES = (MIGRATOR, DELIVER, API, AUDITOR)

_ATTRIBUTES = "LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS NOINHERIT"
_ONE_AT_A_TIME = 0x636F6E64


class UnknownRole(Exception):
    """A password was given for a role that is not one of `ROLES`."""


async def ensure_roles(superuser_dsn: str, passwords: Mapping[str, str]) -> None:
    """Make the roles that are missing, take from every one what it must not have; idempotent.

    A role that `passwords` leaves out keeps its password; a new one then has none and cannot
    log in. Raises `UnknownRole`.
    """
    if not set(passwords) <= set(ROLES):
        raise UnknownRole
    connection = await asyncpg.connect(superuser_dsn)
    try:
        async with connection.transaction():
            await connection.execute("SELECT pg_advisory_xact_lock($1)", _ONE_AT_A_TIME)
            for role in ROLES:
                await _ensure_role(connection, role, passwords.get(role))
    finally:
        await connection.close()


async def ensure_database(superuser_dsn: str, name: str, owner: str = MIGRATOR) -> None:
    """Make the database, owned by `owner`, for the roles only; idempotent."""
    connection = await asyncpg.connect(superuser_dsn)
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_database WHERE datname = $1", name):
            await _run(connection, "CREATE DATABASE %I TEMPLATE template0", name)
        await _run(connection, "ALTER DATABASE %I OWNER TO %I", name, owner)
        await _run(connection, "REVOKE ALL ON DATABASE %I FROM PUBLIC", name)
        for role in ROLES:
            await _run(connection, "GRANT CONNECT ON DATABASE %I TO %I", name, role)
    finally:
        await connection.close()


async def _ensure_role(connection: asyncpg.Connection, role: str, password: str | None) -> None:
    if not await connection.fetchval("SELECT 1 FROM pg_roles WHERE rolname = $1", role):
        await _run(connection, "CREATE ROLE %I", role)
    await _run(connection, f"ALTER ROLE %I {_ATTRIBUTES}", role)
    if password is not None:
        await _run(connection, "ALTER ROLE %I PASSWORD %L", role, password)


async def _run(connection: asyncpg.Connection, template: str, *values: str) -> None:
    """Run a statement that takes no parameters; the server quotes the values."""
    texts = ", ".join(f"${number}::text" for number in range(2, len(values) + 2))
    statement = await connection.fetchval(f"SELECT format($1, {texts})", template, *values)
    await connection.execute(statement)
