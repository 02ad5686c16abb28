"""Where a publisher's own event stands in the log. The query names the agency, RLS backs it."""

from dataclasses import dataclass
from datetime import datetime

from concordat.postgres.pool import Scoped

_ADMISSION = """
SELECT source, id, type, subject, event_time, decided_at, admission_partition, admission_offset
FROM concordat.event
WHERE publisher = $1 AND source = $2 AND id = $3
"""


@dataclass(frozen=True, slots=True)
class Admission:
    """The admission of an event that was decided: its partition and offset in `incidents`."""

    source: str
    id: str
    type: str
    subject: str
    time: datetime
    decided_at: datetime
    partition: int
    offset: int


async def read_admission(connection: Scoped, agency: str, event_id: str) -> Admission | None:
    """Return the admission of the event that `agency` published under this id, once decided."""
    row = await connection.fetchrow(_ADMISSION, agency, f"//{agency}", event_id)
    return Admission(*row.values()) if row else None
