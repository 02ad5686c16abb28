"""How far deliver has come, from the database that knows it."""

from concordat.kafka.topics import Topics
from concordat.postgres.pool import Connection, Pool


async def progress(auditor: "Pool | Connection", topic: str = Topics().routed) -> dict[int, int]:
    """Return the next offset of each partition of `topic`; partitions never read are left out."""
    rows = await auditor.fetch(
        "SELECT partition, next_offset FROM concordat.consumed WHERE topic = $1 ORDER BY partition",
        topic,
    )
    return {row["partition"]: row["next_offset"] for row in rows}
