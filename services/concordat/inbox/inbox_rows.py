"""The queries on one agency's inbox. Each names the agency, and row level security backs it."""

from collections.abc import Sequence

from concordat.inbox.stored_item import StoredItem
from concordat.postgres.pool import Pool, Scoped

# Deliveries may be 128 KiB each: a page ends before it grows beyond this (one item always fits).
MAX_PAGE_BYTES = 8 * 1024 * 1024

_GENERATION = "SELECT generation FROM concordat.exchange"

_PAGE_OF_ALL = """
SELECT d.seq, d.acknowledged_at IS NOT NULL AS acknowledged,
       d.publisher, d.agreement, d.version, d.shares, d.event_type, d.body, d.keep_until
FROM (
    SELECT seq, sum(octet_length(body)) OVER (ORDER BY seq) - octet_length(body) AS bytes_before
    FROM (
        SELECT seq, body FROM concordat.delivery
        WHERE agency = $1 AND seq > $2
        ORDER BY seq LIMIT $3
    ) AS next_items
) AS fitting
JOIN concordat.delivery AS d ON d.agency = $1 AND d.seq = fitting.seq
WHERE fitting.bytes_before < $4
ORDER BY d.seq
"""

# Said outright and not by a parameter: only so can the index of unacknowledged items serve it.
_PAGE_OF_OPEN = _PAGE_OF_ALL.replace("seq > $2", "seq > $2 AND acknowledged_at IS NULL")

_ITEM = """
SELECT seq, acknowledged_at IS NOT NULL AS acknowledged, publisher, agreement, version, shares,
       event_type, body, keep_until
FROM concordat.delivery WHERE agency = $1 AND seq = $2
"""

# Rows are locked in one order, so that two readers of one inbox cannot deadlock.
_COLLECTED = """
WITH uncollected AS (
    SELECT seq FROM concordat.delivery
    WHERE agency = $1 AND seq = ANY($2::bigint[]) AND collected_at IS NULL
    ORDER BY seq FOR NO KEY UPDATE
)
UPDATE concordat.delivery AS d SET collected_at = now()
FROM uncollected WHERE d.agency = $1 AND d.seq = uncollected.seq
"""

_LOCKED = """
SELECT seq FROM concordat.delivery WHERE agency = $1 AND seq = ANY($2::bigint[])
ORDER BY seq FOR NO KEY UPDATE
"""

_ACKNOWLEDGED = """
UPDATE concordat.delivery SET acknowledged_at = now()
WHERE agency = $1 AND seq = ANY($2::bigint[]) AND acknowledged_at IS NULL
"""


async def read_generation(connection: "Scoped | Pool") -> str:
    """Return the generation of this database; a restored one has another."""
    return str(await connection.fetchval(_GENERATION))


async def read_items(
    connection: Scoped, agency: str, *, after: int, limit: int, acknowledged: bool
) -> list[StoredItem]:
    """Return up to `limit` items with a number above `after`, in order.

    Acknowledged ones only if `acknowledged`; never more than about `MAX_PAGE_BYTES` together.
    """
    query = _PAGE_OF_ALL if acknowledged else _PAGE_OF_OPEN
    rows = await connection.fetch(query, agency, after, limit, MAX_PAGE_BYTES)
    return [StoredItem(**row) for row in rows]


async def read_item(connection: Scoped, agency: str, seq: int) -> StoredItem | None:
    """Return the item with this number in the inbox of `agency`."""
    row = await connection.fetchrow(_ITEM, agency, seq)
    return StoredItem(**row) if row else None


async def mark_collected(connection: Scoped, agency: str, seqs: Sequence[int]) -> None:
    """Remember that `agency` was given these items; the first time counts."""
    await connection.execute(_COLLECTED, agency, seqs)


async def acknowledge(connection: Scoped, agency: str, seqs: Sequence[int]) -> bool:
    """Acknowledge all of `seqs`, or none and return False when one is not in the inbox."""
    known = await connection.fetch(_LOCKED, agency, seqs)
    if len(known) != len(set(seqs)):
        return False
    await connection.execute(_ACKNOWLEDGED, agency, seqs)
    return True
