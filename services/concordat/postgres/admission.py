"""Where a decided event stands in the log, as the auditor finds it."""

from dataclasses import dataclass
from datetime import datetime

from concordat.postgres.pool import Connection

_ADMISSIONS = """
SELECT source, id, type, subject, event_time, decided_at,
    coalesce(admission_partition, 0), coalesce(admission_offset, -1)
FROM concordat.event
WHERE id = $1 AND ($2::text IS NULL OR source = $2)
ORDER BY source
"""


@dataclass(frozen=True, slots=True)
class Admission:
    """The admission of an event that was decided: its partition and offset in `incidents`.

    The offset is -1 when it was in a log that is gone: no log holds it.
    """

    source: str
    id: str
    type: str
    subject: str
    time: datetime
    decided_at: datetime
    partition: int
    offset: int


async def read_admissions(
    connection: Connection, event_id: str, source: str | None = None
) -> list[Admission]:
    """Return the events under this id, of any publisher or only `source`; for the auditor."""
    rows = await connection.fetch(_ADMISSIONS, event_id, source)
    return [Admission(*row.values()) for row in rows]
