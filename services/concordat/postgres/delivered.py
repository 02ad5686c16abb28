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

# A copy that was decided again keeps its id: its fields are those of the decision, the first or a
# replay's, under the version and the shares that it now has.
DELIVERED = """
SELECT d.agency, d.seq, d.id, d.publisher, d.event_id, d.subject, d.event_type, e.event_time,
       d.agreement, d.version, d.law, d.shares, decided.fields::text AS fields, d.arrived,
       d.numbered_at, d.collect_by, d.collected_at, d.acknowledged_at, d.keep_until, d.purged_at
FROM concordat.delivery AS d
JOIN concordat.event AS e ON e.source = d.source AND e.id = d.event_id
LEFT JOIN LATERAL (
    SELECT each.fields
    FROM (
        SELECT e.shared
        UNION ALL
        SELECT r.shared FROM concordat.redecision AS r
        WHERE r.source = d.source AND r.id = d.event_id AND r.agency = d.agency
    ) AS decision,
    jsonb_to_recordset(decision.shared)
        AS each(delivery_id text, version integer, shares jsonb, fields jsonb)
    WHERE each.delivery_id = d.id AND each.version = d.version
      AND each.shares = to_jsonb(string_to_array(d.shares, ','))
    LIMIT 1
) AS decided ON true
"""
IN_ORDER = " ORDER BY d.numbered_at, d.agency, d.seq"


@dataclass(frozen=True, slots=True)
class Delivered:
    """One delivery, as it stands in its inbox.

    `fields` is None where no decision that is kept explains it. `arrived` says how, where it did
    not come with its event's first decision: released, or replayed. `delivered_at` is when it came
    last. At `purged_at` the exchange emptied its copy.
    """

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
    arrived: str | None
    delivered_at: datetime
    collect_by: datetime | None
    collected_at: datetime | None
    acknowledged_at: datetime | None
    keep_until: date | None
    purged_at: datetime | None


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
