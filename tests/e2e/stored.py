"""What an exchange has stored: decisions and deliveries, as the database's superuser sees them."""

from dataclasses import dataclass
from typing import Any

import asyncpg
import msgspec

from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory

Row = dict[str, Any]


@dataclass(frozen=True)
class Stored:
    """Every row of the tables that say what was decided and delivered."""

    event: list[Row]
    delivery: list[Row]
    inbox: list[Row]
    repeat: list[Row]


def superuser_dsn(state: StateDirectory, stack: Stack) -> str:
    """The DSN of whom no policy binds."""
    password = state.secret("postgres-superuser")
    place = f"{stack.postgres_host}:{stack.postgres_port}/{stack.postgres_database}"
    return f"postgresql://concordat:{password}@{place}"


async def read_stored(state: StateDirectory, stack: Stack) -> Stored:
    """Read it all, in the order of the primary keys."""
    settings = {"search_path": "concordat", "row_security": "off"}
    connection = await asyncpg.connect(superuser_dsn(state, stack), server_settings=settings)
    try:
        return Stored(
            event=await _rows(connection, "SELECT * FROM event ORDER BY source, id"),
            delivery=await _rows(connection, "SELECT * FROM delivery ORDER BY agency, seq"),
            inbox=await _rows(connection, "SELECT * FROM inbox ORDER BY agency"),
            repeat=await _rows(connection, "SELECT * FROM repeat ORDER BY 1, 2"),
        )
    finally:
        await connection.close()


async def _rows(connection: asyncpg.Connection, query: str) -> list[Row]:
    return [dict(row) for row in await connection.fetch(query)]


def decision(event: Row) -> tuple[Any, Any]:
    """Who was told which fields under what, who was not and why; not when."""
    shared, withheld = (msgspec.json.decode(event[name]) for name in ("shared", "withheld"))
    return sorted(shared, key=str), sorted(withheld, key=str)


def contents(delivery: Row) -> Row:
    """A delivery but for what depends on when it was decided."""
    body: Row = msgspec.json.decode(delivery["body"])
    body.pop("keepuntil", None)
    body.pop("collectby", None)
    return body
