"""Every row that deliver stored of the events it knew before, as a count and a sum of hashes."""

from dataclasses import dataclass

from faults.live import PREFIX
from faults.rig import Rig

_TABLES = {
    "event": f"id NOT LIKE '{PREFIX}-%'",
    "repeat": f"id NOT LIKE '{PREFIX}-%'",
    "delivery": f"event_id NOT LIKE '{PREFIX}-%'",
    "stub": "true",
    "redecision": "true",
    "unreadable_routed": "true",
}


@dataclass(frozen=True, slots=True)
class Rows:
    """By table: how many rows, and what they add up to."""

    counts: dict[str, int]
    sums: dict[str, int]

    @property
    def total(self) -> int:
        """How many rows there are."""
        return sum(self.counts.values())

    def new(self, before: "Rows") -> int:
        """How many rows were added or are gone since."""
        return sum(abs(count - before.counts[table]) for table, count in self.counts.items())

    def changed(self, before: "Rows") -> int:
        """How many tables hold anything else than before."""
        return sum(value != before.sums[table] for table, value in self.sums.items())


async def read_rows(rig: Rig, besides: str = "") -> Rows:
    """Read them all, without live events and without the inbox of `besides`."""
    counts, sums = {}, {}
    for table, ours in _TABLES.items():
        other = f"AND agency <> '{besides}'" if table in ("delivery", "stub", "redecision") else ""
        (row,) = await rig.ask(
            "SELECT count(*) AS n, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) AS s "
            f"FROM concordat.{table} AS t WHERE {ours} {other}"
        )
        counts[table], sums[table] = int(row["n"]), int(row["s"])
    return Rows(counts, sums)
