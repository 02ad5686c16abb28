"""Everything that an exchange leaves behind or says, as text by where it was found."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import httpx
from confluent_kafka import Consumer, Message, TopicPartition

from concordat.kafka.topics import Topics
from concordat.postgres.roles import API, AUDITOR
from faults.rig import Rig
from kafka_log import ends_of

Places = Iterator[tuple[str, str]]

_TABLES = """
SELECT table_schema, table_name FROM information_schema.tables
WHERE table_schema NOT IN ('pg_catalog', 'information_schema') AND table_type = 'BASE TABLE'
"""
_KEPT_ASIDE = {("concordat", "delivery"): "body"}
"""The one column that holds contents by its purpose."""
_OF_THE_SERVER = (
    "pg_stat_activity",
    "pg_stat_database",
    "pg_prepared_statements",
    "pg_cursors",
    "pg_settings",
)


def holds_contents(topics: Topics, name: str) -> bool:
    """Whether a topic holds contents of events by its purpose."""
    return name in (topics.incidents, topics.routed) or topics.agency_of(name) is not None


def records_of(rig: Rig, name: str) -> list[Message]:
    """Every record of a topic, with its headers."""
    ends = ends_of(rig.exchange.admin, name)
    reader = Consumer({"bootstrap.servers": rig.exchange.kafka, "group.id": "canary"})
    found: list[Message] = []
    missing = {number for number, end in ends.items() if end}
    try:
        reader.assign([TopicPartition(name, number, 0) for number in missing])
        while missing:
            for message in reader.consume(5000, 1.0):
                assert message.error() is None, message.error()
                found.append(message)
                number, offset = message.partition(), message.offset()
                if number is not None and (offset or 0) + 1 >= ends[number]:
                    missing.discard(number)
    finally:
        reader.close()
    return found


def topics_of(rig: Rig) -> list[str]:
    """Every topic of the rig."""
    every = rig.exchange.admin.list_topics(timeout=30).topics
    return sorted(each for each in every if each.startswith(rig.exchange.topics.prefix))


def kafka(rig: Rig) -> Places:
    """Names of topics and groups; headers of every record; keys and values but of contents."""
    topics, names = rig.exchange.topics, topics_of(rig)
    groups = rig.exchange.admin.list_consumer_groups(request_timeout=30).result().valid
    yield "names of topics", "\n".join(names)
    yield "names of groups", "\n".join(each.group_id for each in groups)
    for name in names:
        lines, outside = [], not holds_contents(topics, name)
        for message in records_of(rig, name):
            lines.append(str(message.headers()))
            if outside:
                lines += [_text(message.key()), _text(message.value())]
        yield f"topic {name.removeprefix(topics.prefix)}", "\n".join(lines)


async def postgres(rig: Rig) -> list[tuple[str, str]]:
    """Every column of every table but the contents, and what the server shows of itself."""
    found = []
    async with rig.superuser.acquire() as connection, connection.transaction():
        await connection.execute("SET LOCAL row_security = off")
        for schema, table in await connection.fetch(_TABLES):
            aside = _KEPT_ASIDE.get((schema, table), "")
            query = f'SELECT (to_jsonb(t) - $1)::text FROM "{schema}"."{table}" AS t'
            rows = await connection.fetch(query, aside)
            found.append((f"table {table}", "\n".join(row[0] for row in rows)))
        for view in _OF_THE_SERVER:
            rows = await connection.fetch(f"SELECT to_jsonb(t)::text FROM {view} AS t")
            found.append((f"view {view}", "\n".join(row[0] for row in rows)))
    await rig.ask("ANALYZE")
    seen = [(f"statistics for {role}", await _statistics(rig, role)) for role in (API, AUDITOR)]
    return found + seen


async def _statistics(rig: Rig, role: str) -> str:
    """What the planner knows of the commonest values, as far as this role may see it."""
    connection = await asyncpg.connect(rig.database.dsn(role))
    try:
        rows = await connection.fetch("SELECT to_jsonb(t)::text FROM pg_stats AS t")
        return "\n".join(row[0] for row in rows)
    finally:
        await connection.close()


def files(rig: Rig, servers: Path) -> Places:
    """Every log of a worker, every file of the rig, every log of Kafka and PostgreSQL."""
    for path in (*rig.folder.iterdir(), *servers.iterdir()):
        if path.is_file():
            yield f"file {path.name}", path.read_text(encoding="utf-8", errors="replace")


def metrics(rig: Rig) -> Places:
    """What each worker tells of itself over HTTP; the API has no metrics."""
    for name, port in rig.ports.items():
        for path in ("/metrics", "/health/live", "/health/ready"):
            answer = httpx.get(f"http://127.0.0.1:{port}{path}", timeout=10, trust_env=False)
            told = answer.is_success or (name, path) == ("inbox-0", "/metrics")
            assert told, f"{name} answers {answer.status_code} at {path}"
            yield f"{path} of {name}", f"{answer.headers} {answer.text}"


def terminal(rig: Rig, event_id: str, agency: str) -> Places:
    """What a person sees at a terminal: a publisher, a recipient, an operator."""
    asked = {
        "why": ("why", event_id, "--agency", agency),
        "agreements explain": ("agreements", "explain", event_id, "--agency", agency),
        "agreements explain, to the auditor": ("agreements", "explain", event_id, "--auditor"),
        "lag": ("lag",),
        "dead-letters": ("dead-letters", "list", "--all"),
        "inbox": ("inbox", "read", "--agency", "womens-aid"),
        "why of a stranger": ("why", event_id, "--agency", "womens-aid"),
    }
    for name, command in asked.items():
        acting = "womens-aid" if "womens-aid" in command else agency
        yield f"concordat {name}", said(rig, command, acting)


def said(rig: Rig, command: tuple[str, ...], agency: str) -> str:
    """What a command of the exchange prints, with addresses said aloud."""
    settings = {
        "KAFKA": rig.exchange.kafka,
        "TOPIC_PREFIX": rig.exchange.topics.prefix,
        "API": rig.api(),
        "AUDITOR": rig.auditor_dsn(),
        "TOKEN": rig.token(agency),
    }
    environment = {f"CONCORDAT_{name}": value for name, value in settings.items()}
    done = subprocess.run(
        [sys.executable, "-m", "concordat.cli.main", *command],
        env=environment | {"PATH": os.defpath},
        cwd=rig.folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert "No such" not in done.stderr, done.stderr
    return done.stdout + done.stderr


def _text(value: str | bytes | None) -> str:
    return value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value or "")
