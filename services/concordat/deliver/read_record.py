"""A record of `routed` as rows, or the reason why it cannot be stored as it is."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import msgspec

from concordat.deliver.rows import Decided, DeliveryRow, EventRow, RedecisionRow, Unreadable
from concordat.stages.routed import RoutedRecord, SharedRecord, read_routed

_INT4, _INT8 = 2**31, 2**63
_NUL = "\\u0000"  # as JSON; PostgreSQL has no such character
_LONGEST_NAME = 256  # far below what an index of PostgreSQL can hold
_encode = msgspec.json.encode


def read_record(partition: int, offset: int, value: bytes | None) -> Decided | Unreadable:
    """Return the rows of one record; never raises for what is in it.

    What passes can be stored: PostgreSQL will not refuse it for its contents.
    """
    if not value:
        return Unreadable(partition, offset, "EMPTY")
    try:
        record = read_routed(value)
        decided = _rows(record)
    # A delivery's bytes are not decoded by the codec: their text may be none.
    except (msgspec.MsgspecError, ValueError, OverflowError, RecursionError):
        return Unreadable(partition, offset, "NOT_A_ROUTED_RECORD")
    if not (_fits(record) and _is_text(decided)):
        return Unreadable(partition, offset, "OUT_OF_RANGE")
    return decided


def _rows(record: RoutedRecord) -> Decided:
    event = EventRow(
        source=record.source,
        id=record.id,
        publisher=record.publisher,
        type=record.type,
        subject=record.subject,
        event_time=_instant(record.time) if record.time else None,
        synthetic=record.synthetic,
        content=bytes.fromhex(record.content),
        admission=record.admission,
        register_offset=record.register,
        decided_at=_instant(record.decided_at),
        shared=_encode([_justification(shared) for shared in record.shared]).decode(),
        withheld=_encode(record.withheld).decode(),
        grade=record.grade,
        log=record.log,
    )
    deliveries = tuple(_delivery(record, shared) for shared in record.shared)
    if record.replay is None:
        return Decided(event, deliveries)
    return Decided(event, deliveries, record.replay, tuple(_redecisions(record, record.replay)))


def _redecisions(record: RoutedRecord, replay: str) -> Iterator[RedecisionRow]:
    agencies = {each.agency for each in record.shared} | {each.agency for each in record.withheld}
    for agency in sorted(agencies):
        shared = [_justification(each) for each in record.shared if each.agency == agency]
        withheld = [each for each in record.withheld if each.agency == agency]
        yield RedecisionRow(
            replay=replay,
            source=record.source,
            id=record.id,
            agency=agency,
            publisher=record.publisher,
            register_offset=record.register,
            decided_at=_instant(record.decided_at),
            shared=_encode(shared).decode(),
            withheld=_encode(withheld).decode(),
        )


def _justification(shared: SharedRecord) -> dict[str, object]:
    return {
        "agency": shared.agency,
        "agreement": shared.agreement,
        "version": shared.version,
        "digest": shared.digest,
        "law": shared.law,
        "shares": shared.shares,
        "fields": shared.fields,
        "delivery_id": shared.id,
    }


def _delivery(record: RoutedRecord, shared: SharedRecord) -> DeliveryRow:
    body = bytes(shared.delivery).decode()
    if not body.startswith("{"):
        raise ValueError("a delivery is an object")
    return DeliveryRow(
        agency=shared.agency,
        id=shared.id,
        source=record.source,
        event_id=record.id,
        publisher=record.publisher,
        subject=record.subject,
        event_type=record.type,
        agreement=shared.agreement,
        version=shared.version,
        law=shared.law,
        shares=",".join(shared.shares),
        body=body,
        keep_until=date.fromisoformat(shared.keepuntil) if shared.keepuntil else None,
        collect_by=_instant(shared.collectby) if shared.collectby else None,
        register_offset=record.register,
        replay=record.replay,
    )


def _instant(text: str) -> datetime:
    """Return the instant in UTC; without an offset it is no instant."""
    value = datetime.fromisoformat(text)
    if value.tzinfo is None:
        raise ValueError("an instant names its offset")
    return value.astimezone(UTC)


def _fits(record: RoutedRecord) -> bool:
    partition, offset = record.admission
    small = (partition, *(shared.version for shared in record.shared))
    names = [record.source, record.id, *([] if record.log is None else [record.log])]
    names += (name for shared in record.shared for name in (shared.agency, shared.id))
    if record.replay is not None:
        names += (record.replay, *(each.agency for each in record.withheld))
    return (
        all(0 <= number < _INT4 for number in small)
        and 0 <= offset < _INT8
        and -_INT8 <= record.register < _INT8
        and all(0 < len(name) <= _LONGEST_NAME for name in names)
    )


def _is_text(decided: Decided) -> bool:
    event = decided.event
    names = (event.source, event.id, event.publisher, event.type, event.subject)
    texts = (*names, event.shared, event.withheld, decided.replay or "", event.grade or "")
    return not any("\0" in text or _NUL in text for text in texts)
