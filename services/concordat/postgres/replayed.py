"""What the auditor sees that a replay must know: first admissions and copies, no contents."""

from collections.abc import Iterable
from dataclasses import dataclass

from concordat.postgres.pool import Pool

_FIRSTS = """
SELECT admission_partition AS p, admission_offset AS o FROM concordat.event
JOIN unnest($1::int[], $2::bigint[]) AS wanted(p, o)
  ON admission_partition = wanted.p AND admission_offset = wanted.o
"""
_REPEATS = """
SELECT admission_partition AS p, admission_offset AS o FROM concordat.repeat
JOIN unnest($1::int[], $2::bigint[]) AS wanted(p, o)
  ON admission_partition = wanted.p AND admission_offset = wanted.o
"""
_COPIES = """
SELECT id, version, collected_at IS NOT NULL AS collected FROM concordat.delivery
WHERE agency = $1 AND id = ANY($2::text[])
"""
_GIVEN = """
SELECT coalesce(sum(jsonb_array_length(delivered)), 0)::bigint FROM concordat.redecision
WHERE agency = $1 AND replay = $2
"""

Admission = tuple[int, int]
"""Partition and offset of a record in `incidents`."""


@dataclass(frozen=True, slots=True)
class Admissions:
    """Those that decided their event, and those of an event that was decided before."""

    firsts: frozenset[Admission]
    repeats: frozenset[Admission]


@dataclass(frozen=True, slots=True)
class Copy:
    """A delivery that is in an inbox: under which version, and whether it was collected."""

    version: int
    collected: bool


async def read_admissions(auditor: Pool, admissions: Iterable[Admission]) -> Admissions:
    """Return what is stored of `admissions`; those that are in neither are not decided yet."""
    wanted = list(admissions)
    places = [each[0] for each in wanted], [each[1] for each in wanted]
    firsts = await auditor.fetch(_FIRSTS, *places)
    repeats = await auditor.fetch(_REPEATS, *places)
    return Admissions(
        frozenset((row["p"], row["o"]) for row in firsts),
        frozenset((row["p"], row["o"]) for row in repeats),
    )


async def read_copies(auditor: Pool, agency: str, ids: Iterable[str]) -> dict[str, Copy]:
    """Return which of the deliveries `ids` are in the inbox of `agency`."""
    rows = await auditor.fetch(_COPIES, agency, list(ids))
    return {row["id"]: Copy(row["version"], row["collected"]) for row in rows}


async def count_given(auditor: Pool, agency: str, replay: str) -> int:
    """Return how many deliveries got a number in `replay`."""
    count: int = await auditor.fetchval(_GIVEN, agency, replay)
    return count
