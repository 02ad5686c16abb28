"""What a withdrawal stops is emptied unless it was collected: the number and the reason stay."""

from concordat.agreements.disclosure import Disclosed
from concordat.deliver import sql
from concordat.postgres.pool import Pool


async def purge(pool: Pool, item: Disclosed) -> int:
    """Empty every copy of `item` that nobody has collected; return how many. Idempotent."""
    shares = ",".join(item.shares)
    under = (item.agreement, item.version, shares, item.publisher, item.event_type)
    done = await pool.execute(sql.PURGE, item.recipient, *under)
    return int(done.removeprefix("UPDATE "))
