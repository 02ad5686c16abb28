"""Everything an exchange leaves behind but for what holds contents by its purpose, as text."""

from collections.abc import Iterator
from pathlib import Path

import asyncpg

from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client
from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory
from e2e.stored import superuser_dsn
from kafka_log import read_to_end

Places = dict[str, str]
"""A text by where it was found."""

_TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'concordat'"


async def places(state: StateDirectory, stack: Stack) -> Places:
    """Every log, record, table and topic, without the three topics and the column of contents."""
    return {
        **{f"file {path.name}": text for path, text in _files(state)},
        **await _tables(state, stack),
        **topics(stack.kafka, without_contents(stack.kafka)),
    }


def without_contents(kafka: str) -> list[str]:
    """Every topic that must hold no contents of any event."""
    names, every = Topics(), sorted(admin_client(kafka).list_topics(timeout=30).topics)
    contents = (names.incidents, names.routed)
    return [
        name
        for name in every
        if name not in contents and not names.agency_of(name) and not name.startswith("__")
    ]


def topics(kafka: str, names: list[str]) -> Places:
    """The keys and values of these topics."""
    found = {}
    for name in names:
        records = read_to_end(kafka, name)
        texts = (f"{each.key.decode('utf-8', 'replace')} {_text(each.value)}" for each in records)
        found[f"topic {name}"] = "\n".join(texts)
    return found


def _files(state: StateDirectory) -> Iterator[tuple[Path, str]]:
    for path in (*state.logs.iterdir(), *state.run.iterdir(), state.path / "stack.json"):
        yield path, path.read_text(encoding="utf-8", errors="replace")


async def _tables(state: StateDirectory, stack: Stack) -> Places:
    settings = {"search_path": "concordat", "row_security": "off"}
    connection = await asyncpg.connect(superuser_dsn(state, stack), server_settings=settings)
    try:
        found = {}
        for (table,) in await connection.fetch(_TABLES):
            rows = await connection.fetch(f"SELECT to_jsonb(t) - 'body' FROM {table} AS t")
            found[f"table {table}"] = "\n".join(row[0] for row in rows)
        return found
    finally:
        await connection.close()


def _text(value: bytes) -> str:
    return value.decode("utf-8", "replace")
