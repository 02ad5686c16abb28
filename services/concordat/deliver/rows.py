"""What deliver stores, as values: one per row of a table."""

from dataclasses import dataclass, replace
from datetime import date, datetime

from concordat.deliver.position import LogIdentity

Identity = tuple[str, str]
"""(source, id) of an event."""

Admission = tuple[int, int]
"""Partition and offset of a record in `incidents`."""

Copy = tuple[str, str]
"""(agency, delivery id): one recipient's copy, whatever its number."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event and what was decided for it; `shared` and `withheld` are JSON, without contents.

    `grade` is a code, known only of what a missing signature or a suspension withheld. `log` is the
    id of the `incidents` that `admission` is a place in, where its decision says so; without an
    admission the place was in one that is gone.
    """

    source: str
    id: str
    publisher: str
    type: str
    subject: str
    event_time: datetime | None
    synthetic: bool
    content: bytes
    admission: Admission | None
    register_offset: int
    decided_at: datetime
    shared: str
    withheld: str
    grade: str | None = None
    log: str | None = None

    @property
    def identity(self) -> Identity:
        """What the event is known by."""
        return self.source, self.id


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One recipient's copy, not yet numbered; `body` is the delivery CloudEvent as JSON.

    `register_offset` says how many register records its decision knew; `replay`, in which
    operator's replay it was decided again; `restored`, that it was delivered before the database
    was restored.
    """

    agency: str
    id: str
    source: str
    event_id: str
    publisher: str
    subject: str
    event_type: str
    agreement: str
    version: int
    law: str
    shares: str
    body: str
    keep_until: date | None
    collect_by: datetime | None
    register_offset: int
    replay: str | None = None
    restored: bool = False

    @property
    def copy(self) -> Copy:
        """What the copy is known by."""
        return self.agency, self.id

    @property
    def arrived(self) -> str | None:
        """How it arrives, where that is not with its event's first decision."""
        if self.replay is not None:
            return "replayed"
        return "restored" if self.restored else None


@dataclass(frozen=True, slots=True)
class RepeatRow:
    """A later admission of a known event; a conflict has another content.

    Without an admission its place was in an `incidents` that is gone.
    """

    admission: Admission | None
    source: str
    id: str
    publisher: str
    conflict: bool


@dataclass(frozen=True, slots=True)
class RedecisionRow:
    """What a replay decided anew for one agency; `shared` and `withheld` are JSON."""

    replay: str
    source: str
    id: str
    agency: str
    publisher: str
    register_offset: int
    decided_at: datetime
    shared: str
    withheld: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What it is known by."""
        return self.source, self.id, self.agency, self.replay


@dataclass(frozen=True, slots=True)
class StubRow:
    """A number that its item has left for another."""

    agency: str
    seq: int
    delivery_id: str
    reason: str
    moved_to: int
    acknowledged_at: datetime | None


@dataclass(frozen=True, slots=True)
class Decided:
    """A routed record that could be read; `redecisions` are of a replay, one for each agency."""

    event: EventRow
    deliveries: tuple[DeliveryRow, ...]
    replay: str | None = None
    redecisions: tuple[RedecisionRow, ...] = ()

    def parted(self) -> "Decided":
        """The same of an admission whose place was in an `incidents` that is gone."""
        return replace(self, event=replace(self.event, admission=None))

    def came_before(self) -> "Decided":
        """The same of a record that was delivered before the database was restored."""
        deliveries = tuple(replace(row, restored=True) for row in self.deliveries)
        return replace(self, deliveries=deliveries)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A routed record that could not; its place in the log and a code, none of its contents."""

    partition: int
    offset: int
    reason: str


@dataclass(frozen=True, slots=True)
class Move:
    """A partition's position goes from `expected` to `next_offset`."""

    partition: int
    expected: int
    next_offset: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Records in the order of their partitions, and the positions after them.

    `incidents` is the log that their admissions have places in; None where that is not known.
    """

    records: tuple[Decided | Unreadable, ...]
    moves: tuple[Move, ...]
    incidents: LogIdentity | None = None
