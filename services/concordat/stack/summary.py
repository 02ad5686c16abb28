"""What became of everything published so far, counted where it counts once."""

import asyncio
from collections import defaultdict
from dataclasses import asdict, dataclass, field
from typing import Any

import asyncpg
import msgspec

from concordat.kafka.distinct_keys import TIMEOUT, distinct_keys
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client

Counts = dict[str, dict[str, int]]


@dataclass(frozen=True, slots=True)
class Summary:
    """Distinct events, deliveries and reasons; repeats do not count."""

    events: dict[str, int]
    deliveries: Counts
    withheld: Counts
    decisions: int
    dead_letters: int
    seconds: dict[str, float] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """The object that `concordat demo --json` prints."""
        return asdict(self)


async def summarise(
    bootstrap: str, topics: Topics, auditor_dsn: str, published: int, seconds: dict[str, float]
) -> Summary:
    """Count what the database decided and what Kafka holds of refusals and dead letters."""
    connection = await asyncpg.connect(auditor_dsn, server_settings={"search_path": "concordat"})
    try:
        decisions = await connection.fetchval("SELECT count(*) FROM event")
        unreadable = await connection.fetchval(
            "SELECT count(*) FROM event WHERE source = '//unreadable'"
        )
        deliveries = await _counts(
            connection, "SELECT agency, agreement AS name, count(*) FROM delivery GROUP BY 1, 2"
        )
        withheld = await _counts(
            connection,
            """
            SELECT each ->> 'agency' AS agency, each ->> 'reason' AS name, count(*)
            FROM event, jsonb_array_elements(withheld) AS each GROUP BY 1, 2
            """,
        )
    finally:
        await connection.close()
    refused, letters = await asyncio.to_thread(_distinct, bootstrap, topics)
    return Summary(
        {"published": published, "admitted": decisions - unreadable, "refused": refused},
        deliveries,
        withheld,
        decisions,
        letters,
        seconds,
    )


async def _counts(connection: asyncpg.Connection, query: str) -> Counts:
    counts: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in await connection.fetch(query + " ORDER BY 1, 3 DESC, 2"):
        counts[row["agency"]][row["name"]] = row["count"]
    return dict(counts)


def _distinct(bootstrap: str, topics: Topics) -> tuple[int, int]:
    """Return the numbers of distinct refused records and dead letters: a key is a place."""
    every = admin_client(bootstrap).list_topics(timeout=TIMEOUT).topics
    receipts = [topic for topic in every if topic.startswith(topics.receipts(""))]
    letters = distinct_keys(bootstrap, [topics.dead_letters])
    return len(distinct_keys(bootstrap, receipts)), len(letters)


async def example_events(auditor_dsn: str) -> tuple[str | None, str | None]:
    """Return the ids of one event shared with several agencies, and of one denied by its publisher.

    Both of the police, so that one `why` each can be shown; None where there is none.
    """
    denied = msgspec.json.encode([{"reason": "DENIED_BY_PUBLISHER"}]).decode()
    connection = await asyncpg.connect(auditor_dsn, server_settings={"search_path": "concordat"})
    try:
        shared = await connection.fetchval(
            """
            SELECT id FROM event WHERE publisher = $1 AND NOT withheld @> $2::jsonb
            ORDER BY jsonb_array_length(shared) DESC, stored_at, id LIMIT 1
            """,
            "west-mercia-police",
            denied,
        )
        withheld = await connection.fetchval(
            """
            SELECT id FROM event WHERE publisher = $1 AND withheld @> $2::jsonb
            ORDER BY stored_at, id LIMIT 1
            """,
            "west-mercia-police",
            denied,
        )
    finally:
        await connection.close()
    return shared, withheld
