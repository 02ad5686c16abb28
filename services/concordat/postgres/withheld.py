"""How many events a missing signature or a suspension keeps from each agency, by grade."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from concordat.agreements.reason import Reason
from concordat.postgres.pool import Connection
from concordat.stages.grade import COUNTED, UNSIGNED

# What a replay has delivered since is no longer withheld.
_COUNTS = """
SELECT w.agency, w.reason = ANY($3::text[]) AS unsigned, e.grade, count(*) AS events
FROM concordat.event AS e, jsonb_to_recordset(e.withheld) AS w(agency text, reason text)
WHERE e.decided_at >= $1 AND w.reason = ANY($2::text[])
  AND NOT EXISTS (
      SELECT FROM concordat.redecision AS r
      WHERE r.source = e.source AND r.id = e.id AND r.agency = w.agency
        AND r.delivered <> '[]'::jsonb
  )
GROUP BY 1, 2, 3
"""

_GRADES = ("high", "medium", "standard", "low", "no_apparent_risk")


@dataclass(frozen=True, slots=True)
class WithheldCount:
    """Events withheld from `agency`; `grade` is None for types without one and when unknown."""

    agency: str
    why: str  # unsigned or suspended
    grade: str | None
    events: int


async def count_withheld(connection: Connection, since: datetime) -> list[WithheldCount]:
    """Count what was decided since then and not delivered later; the gravest first."""
    rows = await connection.fetch(_COUNTS, since, _codes(COUNTED), _codes(UNSIGNED))
    counts = [
        WithheldCount(
            row["agency"],
            "unsigned" if row["unsigned"] else "suspended",
            row["grade"],
            row["events"],
        )
        for row in rows
    ]
    return sorted(counts, key=lambda each: (each.agency, each.why, _gravity(each.grade)))


def _codes(reasons: Iterable[Reason]) -> list[str]:
    return sorted(reason.value for reason in reasons)


def _gravity(grade: str | None) -> tuple[int, str]:
    if grade is None:
        return len(_GRADES) + 1, ""
    return (_GRADES.index(grade) if grade in _GRADES else len(_GRADES)), grade
