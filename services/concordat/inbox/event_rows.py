"""The queries on a publisher's own events. Each names the agency; row level security backs it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from concordat.postgres.pool import Scoped

_EVENT = """
SELECT e.id, e.type, e.subject, e.event_time, e.decided_at, e.register_offset,
       e.shared::text AS shared, e.withheld::text AS withheld,
       count(r.conflict) FILTER (WHERE NOT r.conflict) AS repeats,
       count(r.conflict) FILTER (WHERE r.conflict) AS conflicts
FROM concordat.event AS e
LEFT JOIN concordat.repeat AS r ON r.publisher = $1 AND r.source = e.source AND r.id = e.id
WHERE e.publisher = $1 AND e.source = $2 AND e.id = $3
GROUP BY e.source, e.id
"""

_REDECISIONS = """
SELECT agency, shared::text AS shared, withheld::text AS withheld, delivered::text AS delivered
FROM concordat.redecision
WHERE publisher = $1 AND source = $2 AND id = $3
ORDER BY decided_at, replay
"""


class SharedWith(msgspec.Struct):
    """One delivery that was decided."""

    agency: str
    agreement: str
    version: int
    law: str
    shares: list[str]
    fields: list[str]
    delivery_id: str = ""


class WithheldFrom(msgspec.Struct):
    """Why a candidate was given nothing."""

    agency: str
    reason: str
    agreement: str | None = None
    version: int | None = None
    share: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Redecision:
    """What an operator's replay decided anew for one agency, and the deliveries that it gave."""

    agency: str
    shared: list[SharedWith]
    withheld: list[WithheldFrom]
    delivered: list[str]


@dataclass(frozen=True, slots=True)
class DecidedEvent:
    """An event with its decision; `repeats` and `conflicts` count its later admissions."""

    id: str
    type: str
    subject: str
    time: datetime
    decided_at: datetime
    register_offset: int
    shared: list[SharedWith]
    withheld: list[WithheldFrom]
    repeats: int
    conflicts: int
    redecisions: list[Redecision]


_read_shared = msgspec.json.Decoder(list[SharedWith]).decode
_read_withheld = msgspec.json.Decoder(list[WithheldFrom]).decode
_read_ids = msgspec.json.Decoder(list[str]).decode


async def read_decided_event(connection: Scoped, agency: str, event_id: str) -> DecidedEvent | None:
    """Return the event that `agency` published under this id, once it is decided."""
    row = await connection.fetchrow(_EVENT, agency, f"//{agency}", event_id)
    if row is None:
        return None
    again = await connection.fetch(_REDECISIONS, agency, f"//{agency}", event_id)
    return DecidedEvent(
        id=row["id"],
        type=row["type"],
        subject=row["subject"],
        time=row["event_time"],
        decided_at=row["decided_at"],
        register_offset=row["register_offset"],
        shared=_read_shared(row["shared"]),
        withheld=_read_withheld(row["withheld"]),
        repeats=row["repeats"],
        conflicts=row["conflicts"],
        redecisions=[_redecision(each) for each in again],
    )


def _redecision(row: Any) -> Redecision:
    return Redecision(
        row["agency"],
        _read_shared(row["shared"]),
        _read_withheld(row["withheld"]),
        _read_ids(row["delivered"]),
    )
