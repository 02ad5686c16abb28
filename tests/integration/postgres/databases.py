"""A fresh, migrated database for a test, and the address of each role in it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit
from uuid import uuid4

import asyncpg

from concordat.postgres.migrate import migrate
from concordat.postgres.roles import MIGRATOR, ROLES, ensure_database, ensure_roles

PASSWORD = "only-for-tests"


@dataclass(frozen=True)
class Database:
    """One database of the test server."""

    superuser: str

    def dsn(self, role: str) -> str:
        """The address of the database for `role`."""
        parts = urlsplit(self.superuser)
        where = f"{role}:{PASSWORD}@{parts.hostname}:{parts.port}"
        return urlunsplit(parts._replace(netloc=where))


@asynccontextmanager
async def empty_database(server: str) -> AsyncIterator[Database]:
    """With its roles, before any migration; dropped on leaving."""
    name = f"test_{uuid4().hex}"
    await ensure_roles(server, dict.fromkeys(ROLES, PASSWORD))
    await ensure_database(server, name)
    try:
        yield Database(urlunsplit(urlsplit(server)._replace(path=f"/{name}")))
    finally:
        connection = await asyncpg.connect(server)
        await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await connection.close()


@asynccontextmanager
async def fresh_database(server: str) -> AsyncIterator[Database]:
    """With its roles and the newest schema; dropped on leaving."""
    async with empty_database(server) as database:
        await migrate(database.dsn(MIGRATOR))
        yield database
