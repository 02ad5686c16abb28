"""Deliveries into their inboxes, numbered under the lock of each inbox's counter."""

from collections.abc import Iterable, Sequence
from typing import Any

from concordat.deliver import sql
from concordat.deliver.columns import columns
from concordat.deliver.numbering import Numbered, Stored, number
from concordat.deliver.rows import Copy, DeliveryRow, StubRow
from concordat.postgres.pool import Scoped
from concordat.runtime.logs import get_logger

log = get_logger(__name__)


async def insert_deliveries(
    connection: Scoped, deliveries: Sequence[DeliveryRow]
) -> list[DeliveryRow]:
    """Number, insert and announce the deliveries; return those that got a number."""
    if not deliveries:
        return []
    agencies = sorted({delivery.agency for delivery in deliveries})
    await connection.execute(sql.OPEN_INBOXES, agencies)
    locked = await connection.fetch(sql.LOCK_INBOXES, agencies)
    last = {row["agency"]: row["last_seq"] for row in locked}
    numbered = number(deliveries, last, await _taken(connection, deliveries))
    first = [delivery for delivery in deliveries if delivery.replay is None]
    known = len(first) - sum(delivery.replay is None for delivery in numbered.given)
    if known:
        log.error("delivery ids were taken", count=known)
    await _write(connection, numbered)
    moved = {agency: seq for agency, seq in numbered.last.items() if seq != last[agency]}
    await set_last(connection, moved)
    return numbered.given


async def set_last(connection: Scoped, last: dict[str, int]) -> None:
    """Move the counters of these inboxes, and announce that something arrived in them."""
    if last:
        await connection.execute(sql.SET_LAST, list(last), list(last.values()))
        await connection.execute(sql.NOTIFY, list(last))


async def insert_stubs(connection: Scoped, stubs: Iterable[StubRow]) -> None:
    """Leave a stub in the place of every number that its item has left."""
    rows = [
        (stub.agency, stub.seq, stub.delivery_id, stub.reason, stub.moved_to, stub.acknowledged_at)
        for stub in stubs
    ]
    if rows:
        await connection.execute(sql.INSERT_STUBS, *columns(rows))


async def _taken(connection: Scoped, deliveries: Sequence[DeliveryRow]) -> dict[Copy, Stored]:
    replays = any(delivery.replay is not None for delivery in deliveries)
    query = sql.TAKEN_AND_LOCKED if replays else sql.TAKEN
    copies = {delivery.copy for delivery in deliveries}
    rows = await connection.fetch(query, *columns(sorted(copies)))
    return {
        (row["agency"], row["id"]): Stored(
            row["seq"], row["version"], row["collected"], row["acknowledged_at"]
        )
        for row in rows
    }


async def _write(connection: Scoped, numbered: Numbered) -> None:
    if numbered.inserted:
        inserted = (_inserted(seq, row) for seq, row in numbered.inserted)
        await connection.execute(sql.INSERT_DELIVERIES, *columns(inserted))
    await insert_stubs(connection, numbered.stubs)
    if numbered.replaced:
        replaced = (_replaced(seq, row) for seq, row in numbered.replaced.values())
        await connection.execute(sql.REPLACE_DELIVERIES, *columns(replaced))


def _inserted(seq: int, row: DeliveryRow) -> tuple[Any, ...]:
    who = (seq, row.agency, row.id, row.source, row.event_id, row.publisher, row.subject)
    under = (row.event_type, row.agreement, row.version, row.law, row.shares)
    return (*who, *under, row.body, *_until(row))


def _replaced(seq: int, row: DeliveryRow) -> tuple[Any, ...]:
    return (seq, row.agency, row.id, row.version, row.shares, row.body, *_until(row))


def _until(row: DeliveryRow) -> tuple[Any, ...]:
    return (row.keep_until, row.collect_by, row.register_offset, row.arrived)
