"""Where a publisher's own event stands in the log. The query names the agency, RLS backs it."""

from concordat.postgres.admission import Admission
from concordat.postgres.pool import Scoped

_ADMISSION = """
SELECT source, id, type, subject, event_time, decided_at,
    coalesce(admission_partition, 0), coalesce(admission_offset, -1)
FROM concordat.event
WHERE publisher = $1 AND source = $2 AND id = $3
"""


async def read_admission(connection: Scoped, agency: str, event_id: str) -> Admission | None:
    """Return the admission of the event that `agency` published under this id, once decided."""
    row = await connection.fetchrow(_ADMISSION, agency, f"//{agency}", event_id)
    return Admission(*row.values()) if row else None
