"""Routed records for tests: one event, decided for some agencies."""

from dataclasses import replace
from typing import Any

import msgspec

from concordat.agreements.decision import Withheld
from concordat.agreements.reason import Reason
from concordat.deliver.read_record import read_record
from concordat.deliver.rows import Decided
from concordat.stages.routed import RoutedRecord, SharedRecord, write_routed

CONTENT = "ab" * 32
OTHER_CONTENT = "cd" * 32


def shared(agency: str, delivery_id: str, **changes: Any) -> SharedRecord:
    """A delivery to `agency`."""
    record = SharedRecord(
        agency=agency,
        id=delivery_id,
        agreement="worcestershire",
        version=3,
        digest="d1",
        law="safeguard-child",
        shares=["children", "grade"],
        fields=["grade", "victim.name"],
        delivery=msgspec.Raw(b'{"id":"%s","data":{"grade":"high"}}' % delivery_id.encode()),
        keepuntil="2028-01-31",
    )
    return msgspec.structs.replace(record, **changes)


def routed(
    event_id: str,
    at: tuple[int, int],
    *agencies: str,
    **changes: Any,
) -> RoutedRecord:
    """An event of the police, shared with `agencies` and withheld from probation."""
    record = RoutedRecord(
        source="//police",
        id=event_id,
        type="domestic-abuse.incident-recorded.v1",
        subject="case-0001",
        time="2026-11-22T12:00:00Z",
        publisher="police",
        admission=at,
        content=CONTENT,
        register=17,
        decided_at="2026-11-22T12:00:01.5Z",
        shared=[shared(agency, f"{event_id}-to-{agency}") for agency in agencies],
        withheld=[Withheld("probation", Reason.CONDITION_FALSE, "worcestershire", 3)],
    )
    return msgspec.structs.replace(record, **changes)


def unreadable_incident(admission: tuple[int, int]) -> RoutedRecord:
    """What route says of an incident that it could not read."""
    partition, offset = admission
    return routed(
        f"unreadable-{partition}-{offset}",
        admission,
        source="//unreadable",
        type="",
        subject="",
        time="",
        publisher="",
        content="",
        withheld=[Withheld("probation", Reason.UNREADABLE)],
    )


def decided(event_id: str, admission: tuple[int, int], *agencies: str, **changes: Any) -> Decided:
    """The same as rows."""
    row = read_record(0, 0, write_routed(routed(event_id, admission, *agencies)))
    assert isinstance(row, Decided)
    return Decided(replace(row.event, **changes), row.deliveries)


def redecided(
    event_id: str,
    admission: tuple[int, int],
    *agencies: str,
    replay: str,
    withheld_from: str | None = None,
    **changes: Any,
) -> Decided:
    """The event decided again in a replay: shared with `agencies`, withheld from nobody else."""
    row = read_record(
        0,
        0,
        write_routed(
            replayed(
                event_id,
                admission,
                *agencies,
                replay=replay,
                withheld_from=withheld_from,
                **changes,
            )
        ),
    )
    assert isinstance(row, Decided)
    return row


def replayed(
    event_id: str,
    admission: tuple[int, int],
    *agencies: str,
    replay: str,
    withheld_from: str | None = None,
    **changes: Any,
) -> RoutedRecord:
    """The same as a record."""
    withheld = [Withheld(withheld_from, Reason.SUSPENDED)] if withheld_from else []
    return routed(event_id, admission, *agencies, replay=replay, withheld=withheld, **changes)
