"""Whether this machine's clock is behind: what has ended by its date would be readable again."""

from datetime import datetime

from concordat.inbox.dependencies import Dependencies
from concordat.postgres.pool import Pool, Scoped
from concordat.runtime.clock import is_behind
from concordat.runtime.logs import get_logger

CLOCK_BEHIND = "The clock of this machine is behind the database's; try again."

log = get_logger(__name__)


async def clock_is_behind(connection: "Pool | Scoped", needs: Dependencies) -> bool:
    """Whether it is behind the database's by more than clocks may differ (P3); logged if so."""
    theirs: datetime = await connection.fetchval("SELECT clock_timestamp()")
    behind = is_behind(needs.clock(), theirs)  # asked last: a slow answer is no fault
    if behind:
        log.error("clock-behind")
    return behind
