"""Whether anybody delivers, asked of the database by somebody who may not deliver."""

from concordat.deliver.writer_lock import LOCK
from concordat.postgres.pool import Connection

# An advisory lock of one 64-bit number is shown in two halves.
_WRITERS = """
SELECT count(*) FROM pg_locks JOIN pg_database AS d ON d.oid = pg_locks.database
WHERE locktype = 'advisory' AND granted AND objsubid = 1 AND d.datname = current_database()
  AND classid::bigint = $1 AND objid::bigint = $2
"""


async def count_writers(connection: Connection) -> int:
    """Return 1 while a process holds the right to deliver, else 0."""
    count: int = await connection.fetchval(_WRITERS, LOCK >> 32, LOCK & 0xFFFFFFFF)
    return count
