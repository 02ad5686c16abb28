"""The queries that feed one agency's inbox to Kafka. Each names the agency, RLS backs it."""

from collections.abc import Sequence
from dataclasses import fields
from datetime import timedelta
from typing import Any

from concordat.inbox.direct_items import DirectItem, Stretch, Versions
from concordat.inbox.stored_item import StoredItem
from concordat.postgres.pool import Scoped

# Deliveries may be 128 KiB each.
MOST_ITEMS = 50
# As in deliver's judgement of what was held: the clocks of brokers, databases and machines.
SETTLED = timedelta(seconds=5)

_COLUMNS = tuple(field.name for field in fields(StoredItem))

_OPEN = """
INSERT INTO concordat.direct_feed (agency, generation, seq)
SELECT $1, generation, 0 FROM concordat.exchange ON CONFLICT DO NOTHING
"""

_LOCK = """
SELECT CASE WHEN f.generation = e.generation THEN f.seq ELSE 0 END AS seq
FROM concordat.direct_feed AS f, concordat.exchange AS e
WHERE f.agency = $1 FOR UPDATE OF f SKIP LOCKED
"""

_MOVE = """
UPDATE concordat.direct_feed AS f SET generation = e.generation, seq = $2
FROM concordat.exchange AS e WHERE f.agency = $1
"""

# Numbers are given under a lock that is held to the commit: below the last one none is missing.
_LAST = "SELECT max(seq) FROM concordat.delivery WHERE agency = $1"

# What the book does not know yet is read too: only a newer book can say whether it is direct.
_NEXT = """
SELECT seq, acknowledged_at IS NOT NULL AS acknowledged, publisher, agreement, version, shares,
       event_type, body, keep_until, arrived, register_offset,
       collected_at IS NOT NULL AS collected, subject, numbered_at < now() - $8::interval AS settled
FROM concordat.delivery
WHERE agency = $1 AND seq > $2 AND seq <= $3 AND purged_at IS NULL
  AND (register_offset > $4
       OR (agreement, version) IN (SELECT * FROM unnest($5::text[], $6::integer[])))
ORDER BY seq LIMIT $7
"""


async def lock_position(connection: Scoped, agency: str) -> int | None:
    """Return the number up to which the inbox is fed, locked until the transaction ends.

    0 in a database of another generation: a restored one. None while another process feeds it, and
    before `open_position`.
    """
    position: int | None = await connection.fetchval(_LOCK, agency)
    return position


async def open_position(connection: Scoped, agency: str) -> bool:
    """Begin to feed the inbox; False when that was done before. To be committed at once."""
    return str(await connection.execute(_OPEN, agency)) == "INSERT 0 1"


async def move_position(connection: Scoped, agency: str, seq: int) -> None:
    """Say that the inbox is fed up to `seq`."""
    await connection.execute(_MOVE, agency, seq)


async def read_stretch(
    connection: Scoped, agency: str, *, after: int, versions: Versions, register_offset: int
) -> Stretch:
    """Return the next items above `after`, acknowledged or not, of these versions.

    Also those whose decision knew more than `register_offset` records. Purged ones are left out.
    """
    last = await connection.fetchval(_LAST, agency) or 0
    agreements = [agreement for agreement, _ in versions]
    numbers = [version for _, version in versions]
    rows = await connection.fetch(
        _NEXT, agency, after, last, register_offset, agreements, numbers, MOST_ITEMS, SETTLED
    )
    items = tuple(_direct_item(row) for row in rows)
    return Stretch(after, items, _through(items, max(after, last)))


def _through(items: Sequence[DirectItem], last: int) -> int:
    return items[-1].item.seq if len(items) == MOST_ITEMS else last


def _direct_item(row: Any) -> DirectItem:
    item = StoredItem(**{name: row[name] for name in _COLUMNS})
    return DirectItem(item, row["subject"], row["settled"])
