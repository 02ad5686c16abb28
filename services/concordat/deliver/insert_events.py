"""Events, repeats and redecisions into their tables."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from concordat.deliver import sql
from concordat.deliver.columns import columns
from concordat.deliver.errors import NotTheWriter
from concordat.deliver.plan import Plan
from concordat.deliver.rows import Admission, DeliveryRow, EventRow, RedecisionRow, RepeatRow
from concordat.postgres.pool import Scoped

_NOWHERE = (-1, -1)


async def insert_events(connection: Scoped, planned: Plan) -> None:
    """Insert the events and repeats, and place what has none.

    Raises `NotTheWriter` when an event is there already.
    """
    if planned.events:
        # Sorted: two writers that meet wait for each other in one order.
        events = sorted(planned.events, key=lambda event: event.identity)
        inserted = await connection.fetch(sql.INSERT_EVENTS, *columns(map(_event, events)))
        if len(inserted) != len(events):
            raise NotTheWriter
    if planned.placed:
        placed = sorted((*identity, *place) for identity, place in planned.placed.items())
        await connection.execute(sql.PLACE_EVENTS, *columns(placed))
    if planned.repeats:
        repeats = sorted(planned.repeats, key=lambda row: row.admission or _NOWHERE)
        await connection.execute(sql.INSERT_REPEATS, *columns(map(_repeat, repeats)))


async def insert_redecisions(
    connection: Scoped, redecisions: Sequence[RedecisionRow], given: Iterable[DeliveryRow]
) -> None:
    """Insert what replays decided anew, each with the ids of the deliveries it gave."""
    if not redecisions:
        return
    delivered: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
    for row in given:
        if row.replay is not None:
            delivered[row.source, row.event_id, row.agency, row.replay].append(row.id)
    rows = sorted(redecisions, key=lambda row: row.key)
    values = ((*_redecision(row), _json(delivered[row.key])) for row in rows)
    await connection.execute(sql.INSERT_REDECISIONS, *columns(values))


def _event(event: EventRow) -> tuple[Any, ...]:
    return (
        event.source,
        event.id,
        event.publisher,
        event.type,
        event.subject,
        event.event_time,
        event.synthetic,
        event.content,
        *_place(event.admission),
        event.register_offset,
        event.decided_at,
        event.shared,
        event.withheld,
        event.grade,
    )


def _place(admission: Admission | None) -> tuple[int | None, int | None]:
    return (None, None) if admission is None else admission


def _repeat(row: RepeatRow) -> tuple[Any, ...]:
    return (*_place(row.admission), row.source, row.id, row.publisher, row.conflict)


def _redecision(row: RedecisionRow) -> tuple[Any, ...]:
    about = (row.replay, row.source, row.id, row.agency, row.publisher)
    return (*about, row.register_offset, row.decided_at, row.shared, row.withheld)


def _json(value: list[str]) -> str:
    return msgspec.json.encode(value).decode()
