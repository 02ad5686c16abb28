"""Records of `routed` that deliver could not store: their places and why, no contents."""

from datetime import datetime

from concordat.kafka.dead_letters import Letter
from concordat.kafka.places import Place
from concordat.postgres.pool import Connection

_SET_ASIDE = """
SELECT topic, partition, "offset", reason, stored_at FROM concordat.unreadable_routed
WHERE topic = $1 AND ($2::timestamptz IS NULL OR stored_at >= $2)
ORDER BY stored_at, partition, "offset"
"""


async def read_set_aside(
    connection: Connection, topic: str, since: datetime | None
) -> list[Letter]:
    """Return what was set aside of `topic` since then, as the dead letters that they are."""
    return [
        Letter(
            Place(row["topic"], row["partition"], row["offset"]),
            "deliver",
            row["reason"],
            None,
            row["stored_at"],
        )
        for row in await connection.fetch(_SET_ASIDE, topic, since)
    ]
