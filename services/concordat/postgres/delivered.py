"""Deliveries as the auditor sees them: who, what names of fields, when, under what; no contents."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import asyncpg
import msgspec

from concordat.postgres.pool import Connection, session_settings

AUDIT_SECONDS = 60.0

# A delivery that was decided again keeps its id: its fields are those of the decision under the
# version and shares that it now has.
DELIVERED = """
SELECT d.agency, d.seq, d.id, d.publisher, d.event_id, d.subject, d.event_type, e.event_time,
       d.agreement, d.version, d.law, d.shares, decided.fields::text AS fields,
       d.stored_at, d.collected_at, d.acknowledged_at, d.keep_until
FROM concordat.delivery AS d
JOIN concordat.event AS e ON e.source = d.source AND e.id = d.event_id
LEFT JOIN LATERAL (
    SELECT each.fields
    FROM jsonb_to_recordset(e.shared)
        AS each(delivery_id text, version integer, shares jsonb, fields jsonb)
    WHERE each.delivery_id = d.id AND each.version = d.version
      AND each.shares = to_jsonb(string_to_array(d.shares, ','))
    LIMIT 1
) AS decided ON true
"""
IN_ORDER = " ORDER BY d.stored_at, d.agency, d.seq"


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery. `fields` is None where no decision that is kept explains it."""

    agency: str
    seq: int
    delivery_id: str
    publisher: str
    event_id: str
    case: str
    type: str
    event_time: datetime | None
    agreement: str
    version: int
    law: str
    shares: tuple[str, ...]
    fields: tuple[str, ...] | None
    delivered_at: datetime
    collected_at: datetime | None
    acknowledged_at: datetime | None
    keep_until: date | None


_names = msgspec.json.Decoder(tuple[str, ...]).decode


def delivered_of(row: Any) -> Delivered:
    """Return a row of `DELIVERED` as a value."""
    values = list(row.values())
    shares, fields = row["shares"], row["fields"]
    values[11:13] = tuple(shares.split(",")), None if fields is None else _names(fields)
    return Delivered(*values)


@asynccontextmanager
async def auditing(dsn: str) -> AsyncIterator[Connection]:
    """Yield a connection of the auditor's role: one that cannot write and gives up after 60 s."""
    settings = session_settings(statement_seconds=AUDIT_SECONDS)
    read_only = {"default_transaction_read_only": "on"}
    connection = await asyncpg.connect(dsn, timeout=5.0, server_settings=settings | read_only)
    try:
        yield connection
    finally:
        await connection.close()
