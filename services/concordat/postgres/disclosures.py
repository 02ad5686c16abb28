"""Subject access: who received which fields of a case, when and under what; no contents."""

from dataclasses import dataclass

from concordat.postgres.delivered import DELIVERED, IN_ORDER, Delivered, delivered_of
from concordat.postgres.pool import Connection

_COUNTS = """
SELECT count(*) AS events, coalesce(sum(nothing.agencies), 0)::bigint AS withheld
FROM concordat.event AS e, LATERAL (
    SELECT count(*) AS agencies
    FROM jsonb_to_recordset(e.withheld) AS each(agency text)
    WHERE NOT EXISTS (
        SELECT FROM concordat.delivery AS d
        WHERE d.agency = each.agency AND d.source = e.source AND d.event_id = e.id
    )
) AS nothing
WHERE e.subject = $1
"""


@dataclass(frozen=True, slots=True)
class Disclosures:
    """Every delivery of a case, in order.

    `events` were decided in it; `withheld` counts, over all of them, the agencies that an event
    was considered for and that have nothing of it, of a replay either.
    """

    case: str
    events: int
    withheld: int
    deliveries: tuple[Delivered, ...]


async def read_disclosures(connection: Connection, case: str) -> Disclosures | None:
    """Return what was disclosed of `case`; None when no event of it was ever decided."""
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        counts = await connection.fetchrow(_COUNTS, case)
        rows = await connection.fetch(DELIVERED + "WHERE d.subject = $1" + IN_ORDER, case)
    if counts is None or not counts["events"]:
        return None
    return Disclosures(case, counts["events"], counts["withheld"], tuple(map(delivered_of, rows)))
