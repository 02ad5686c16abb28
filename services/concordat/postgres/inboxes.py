"""What the auditor sees of every inbox: what waits, how it is usually collected; no contents."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from concordat.agreements.disclosure import Disclosed
from concordat.postgres.pool import Connection

# Fewer collected items than this are no habit.
_HABIT, _NEWEST = 5, 200

# All that is one to the book is one row.
_OPEN = """
SELECT agency, agreement, version, shares, publisher, event_type, keep_until,
       count(*) FILTER (WHERE collected_at IS NULL) AS waiting,
       min(numbered_at) FILTER (WHERE collected_at IS NULL) AS oldest,
       count(*) FILTER (WHERE collected_at IS NULL AND collect_by < now()) AS overdue,
       min(collect_by) FILTER (WHERE collected_at IS NULL AND collect_by < now()) AS overdue_since,
       count(*) FILTER (WHERE collected_at IS NOT NULL) AS unacknowledged
FROM concordat.delivery WHERE acknowledged_at IS NULL AND purged_at IS NULL
GROUP BY agency, agreement, version, shares, publisher, event_type, keep_until
"""

_HABITS = f"""
SELECT i.agency, i.last_seq, habit.last_active, habit.usual, e.created_at AS generation_began,
       f.seq AS fed, coalesce(f.generation = e.generation, true) AS fed_in_this_generation
FROM concordat.inbox AS i CROSS JOIN concordat.exchange AS e
LEFT JOIN concordat.direct_feed AS f ON f.agency = i.agency
CROSS JOIN LATERAL (
    SELECT greatest(max(collected_at), max(acknowledged_at)) AS last_active,
           CASE WHEN count(*) FILTER (WHERE collected_at >= numbered_at) >= {_HABIT} THEN
               percentile_disc(0.9) WITHIN GROUP (ORDER BY collected_at - numbered_at)
                   FILTER (WHERE collected_at >= numbered_at) -- others were released since
           END AS usual
    FROM (
        SELECT collected_at, acknowledged_at, numbered_at FROM concordat.delivery AS d
        WHERE d.agency = i.agency AND collected_at IS NOT NULL ORDER BY seq DESC LIMIT {_NEWEST}
    ) AS newest
) AS habit
ORDER BY i.agency
"""  # noqa: S608 - two numbers of our own


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """Unacknowledged items of one inbox that are one to the book.

    `waiting` ones were never collected: `oldest` is when the first of them got its number.
    """

    item: Disclosed
    keep_until: date | None
    waiting: int
    oldest: datetime | None
    overdue: int
    overdue_since: datetime | None
    unacknowledged: int


@dataclass(frozen=True, slots=True)
class Habit:
    """How one agency collects: when last, and in what time nine in ten of its newest items."""

    agency: str
    last_seq: int
    last_active: datetime | None
    usual: timedelta | None
    generation_began: datetime
    fed: int | None
    fed_in_this_generation: bool


async def read_open_groups(connection: Connection) -> list[OpenGroup]:
    """Return what is open in every inbox."""
    return [
        OpenGroup(
            Disclosed(
                agreement=row["agreement"],
                version=row["version"],
                shares=tuple(row["shares"].split(",")),
                publisher=row["publisher"],
                recipient=row["agency"],
                event_type=row["event_type"],
            ),
            row["keep_until"],
            row["waiting"],
            row["oldest"],
            row["overdue"],
            row["overdue_since"],
            row["unacknowledged"],
        )
        for row in await connection.fetch(_OPEN)
    ]


async def read_habits(connection: Connection) -> list[Habit]:
    """Return how every inbox is collected, by agency."""
    return [Habit(*row.values()) for row in await connection.fetch(_HABITS)]
