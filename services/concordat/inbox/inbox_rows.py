"""The queries on one agency's inbox. Each names the agency, and row level security backs it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields
from typing import Any

from concordat.agreements.disclosure import Disclosed
from concordat.agreements.reason import Reason
from concordat.inbox.stored_item import Entry, MovedItem, StoredItem
from concordat.postgres.pool import Pool, Scoped

_COLUMNS = tuple(field.name for field in fields(StoredItem))

# Deliveries may be 128 KiB each: a page ends before it grows beyond this (one item always fits).
MAX_PAGE_BYTES = 8 * 1024 * 1024

_GENERATION = "SELECT generation FROM concordat.exchange"

# Numbers lead to items and to stubs of items that have moved: read in one order, in one snapshot.
_PAGE_OF_ALL = """
SELECT fitting.seq, d.acknowledged_at IS NOT NULL AS acknowledged, d.publisher, d.agreement,
       d.version, d.shares, d.event_type, d.body, d.keep_until, d.arrived, d.register_offset,
       d.collected_at IS NOT NULL AS collected,
       fitting.reason, coalesce(m.seq, fitting.moved_to) AS moved_to
FROM (
    SELECT seq, reason, delivery_id, moved_to,
           sum(bytes) OVER (ORDER BY seq) - bytes AS bytes_before
    FROM (
        (SELECT seq, coalesce(octet_length(body), 0) AS bytes, NULL AS reason,
                NULL AS delivery_id, NULL::bigint AS moved_to
         FROM concordat.delivery WHERE agency = $1 AND seq > $2
         ORDER BY seq LIMIT $3)
        UNION ALL
        (SELECT seq, 0, reason, delivery_id, moved_to
         FROM concordat.stub WHERE agency = $1 AND seq > $2
         ORDER BY seq LIMIT $3)
        ORDER BY seq LIMIT $3
    ) AS next_entries
) AS fitting
LEFT JOIN concordat.delivery AS d ON d.agency = $1 AND d.seq = fitting.seq
LEFT JOIN concordat.delivery AS m ON m.agency = $1 AND m.id = fitting.delivery_id
WHERE fitting.bytes_before < $4
ORDER BY fitting.seq
"""

# Said outright and not by a parameter: only so can the indexes of what is open serve it.
_PAGE_OF_OPEN = _PAGE_OF_ALL.replace("seq > $2", "seq > $2 AND acknowledged_at IS NULL")

_ITEM = """
SELECT seq, acknowledged_at IS NOT NULL AS acknowledged, publisher, agreement, version, shares,
       event_type, body, keep_until, arrived, register_offset,
       collected_at IS NOT NULL AS collected
FROM concordat.delivery WHERE agency = $1 AND seq = $2
"""

_STUB = """
SELECT s.seq, s.reason, coalesce(m.seq, s.moved_to) AS moved_to
FROM concordat.stub AS s
LEFT JOIN concordat.delivery AS m ON m.agency = $1 AND m.id = s.delivery_id
WHERE s.agency = $1 AND s.seq = $2
"""

# Rows are locked in one order, so that two readers of one inbox cannot deadlock.
_COLLECTED = """
WITH given AS (
    SELECT seq, collected_at FROM concordat.delivery WHERE agency = $1 AND seq = ANY($2::bigint[])
    ORDER BY seq FOR NO KEY UPDATE
), marked AS (
    UPDATE concordat.delivery AS d SET collected_at = now()
    FROM given WHERE d.agency = $1 AND d.seq = given.seq AND given.collected_at IS NULL
)
SELECT count(*) FROM given
"""

# Items before stubs: a number that moves in between is then a stub already.
_LOCKED = """
SELECT seq, agreement, version, shares, publisher, event_type FROM concordat.delivery
WHERE agency = $1 AND seq = ANY($2::bigint[])
ORDER BY seq FOR NO KEY UPDATE
"""

_LOCKED_STUBS = """
SELECT seq FROM concordat.stub WHERE agency = $1 AND seq = ANY($2::bigint[])
ORDER BY seq FOR NO KEY UPDATE
"""

# Whoever has an item has no use for the stubs of its earlier numbers. What is stopped is put away:
# its last answer may have been a stub, or lost, although it was marked as collected.
_ACKNOWLEDGED = """
WITH acknowledged AS (
    UPDATE concordat.delivery SET acknowledged_at = now(),
        put_away = collected_at IS NULL OR seq = ANY($3::bigint[])
    WHERE agency = $1 AND seq = ANY($2::bigint[]) AND acknowledged_at IS NULL
    RETURNING id
)
UPDATE concordat.stub SET acknowledged_at = now()
WHERE agency = $1 AND acknowledged_at IS NULL
  AND (seq = ANY($2::bigint[]) OR delivery_id IN (SELECT id FROM acknowledged))
"""


async def read_generation(connection: "Scoped | Pool") -> str:
    """Return the generation of this database; a restored one has another."""
    return str(await connection.fetchval(_GENERATION))


async def last_number(connection: Scoped, agency: str) -> int:
    """Return the last number that the inbox gave; 0 before the first."""
    query = "SELECT last_seq FROM concordat.inbox WHERE agency = $1"
    return int(await connection.fetchval(query, agency) or 0)


async def read_items(
    connection: Scoped, agency: str, *, after: int, limit: int, acknowledged: bool
) -> list[Entry]:
    """Return what up to `limit` numbers above `after` lead to, in order.

    Acknowledged ones only if `acknowledged`; never more than about `MAX_PAGE_BYTES` together.
    """
    query = _PAGE_OF_ALL if acknowledged else _PAGE_OF_OPEN
    rows = await connection.fetch(query, agency, after, limit, MAX_PAGE_BYTES)
    return [_stored(row) if row["reason"] is None else _moved(row) for row in rows]


async def read_item(connection: Scoped, agency: str, seq: int) -> Entry | None:
    """Return what this number leads to in the inbox of `agency`."""
    row = await connection.fetchrow(_ITEM, agency, seq)
    if row is not None:
        return _stored(row)
    stub = await connection.fetchrow(_STUB, agency, seq)
    return None if stub is None else _moved(stub)


async def mark_collected(connection: Scoped, agency: str, items: Iterable[StoredItem]) -> bool:
    """Remember that `agency` is given these items; the first time counts.

    False when one has moved to another number since it was read, perhaps with other contents: then
    nothing of what was read may be given.
    """
    seqs = [item.seq for item in items if not item.collected]
    if not seqs:
        return True
    given = await connection.fetchval(_COLLECTED, agency, seqs)
    return bool(given == len(seqs))


async def acknowledge(
    connection: Scoped, agency: str, seqs: Sequence[int], is_stopped: Callable[[Disclosed], bool]
) -> bool:
    """Acknowledge all of `seqs`, or none and return False when one is not in the inbox.

    An item that is stopped comes again, should it be released. A number that its item has left is
    put away; the item under its new number is not touched.
    """
    items = await connection.fetch(_LOCKED, agency, seqs)
    known = len(items)
    if known != len(set(seqs)):
        known += len(await connection.fetch(_LOCKED_STUBS, agency, seqs))
    if known != len(set(seqs)):
        return False
    stopped = [row["seq"] for row in items if is_stopped(_disclosed(agency, row))]
    await connection.execute(_ACKNOWLEDGED, agency, seqs, stopped)
    return True


def _disclosed(agency: str, row: Any) -> Disclosed:
    return Disclosed(
        agreement=row["agreement"],
        version=row["version"],
        shares=tuple(row["shares"].split(",")),
        publisher=row["publisher"],
        recipient=agency,
        event_type=row["event_type"],
    )


def _stored(row: Any) -> StoredItem:
    return StoredItem(**{name: row[name] for name in _COLUMNS})


def _moved(row: Any) -> MovedItem:
    return MovedItem(row["seq"], Reason(row["reason"]), row["moved_to"])
