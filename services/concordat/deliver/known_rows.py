"""What is stored already of the events, admissions and redecisions in a batch."""

from collections.abc import Sequence
from typing import Any

from concordat.deliver import sql
from concordat.deliver.columns import columns
from concordat.deliver.plan import First, Known
from concordat.deliver.rows import Admission, Decided
from concordat.postgres.pool import Scoped


async def read_known(connection: Scoped, decided: Sequence[Decided]) -> Known:
    """Read it; whoever moved the positions first is the only one who can change it."""
    sources = [record.event.source for record in decided]
    ids = [record.event.id for record in decided]
    places = [record.event.admission for record in decided if record.event.admission is not None]
    events = await connection.fetch(sql.KNOWN_EVENTS, sources, ids)
    admissions = await connection.fetch(
        sql.KNOWN_ADMISSIONS, [place[0] for place in places], [place[1] for place in places]
    )
    return Known(
        {(row["source"], row["id"]): First(row["content"], _admission(row)) for row in events},
        {(row["p"], row["o"]): (row["source"], row["id"]) for row in admissions},
        await _redecisions(connection, decided),
    )


def _admission(row: Any) -> Admission | None:
    place = row["admission_partition"], row["admission_offset"]
    return None if None in place else place


async def _redecisions(
    connection: Scoped, decided: Sequence[Decided]
) -> set[tuple[str, str, str, str]]:
    keys = [row.key for record in decided for row in record.redecisions]
    if not keys:
        return set()
    rows = await connection.fetch(sql.KNOWN_REDECISIONS, *columns(keys))
    return {(row["source"], row["id"], row["agency"], row["replay"]) for row in rows}
