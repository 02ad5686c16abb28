"""What deliver stores, as values: one per row of a table."""

from dataclasses import dataclass
from datetime import date, datetime

Identity = tuple[str, str]
"""(source, id) of an event."""

Admission = tuple[int, int]
"""Partition and offset of a record in `incidents`."""


@dataclass(frozen=True, slots=True)
class EventRow:
    """An event and what was decided for it; `shared` and `withheld` are JSON, without contents."""

    source: str
    id: str
    publisher: str
    type: str
    subject: str
    event_time: datetime | None
    synthetic: bool
    content: bytes
    admission: Admission
    register_offset: int
    decided_at: datetime
    shared: str
    withheld: str

    @property
    def identity(self) -> Identity:
        """What the event is known by."""
        return self.source, self.id


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """One recipient's copy, not yet numbered; `body` is the delivery CloudEvent as JSON."""

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


@dataclass(frozen=True, slots=True)
class RepeatRow:
    """A later admission of a known event; a conflict has another content."""

    admission: Admission
    source: str
    id: str
    publisher: str
    conflict: bool


@dataclass(frozen=True, slots=True)
class Decided:
    """A routed record that could be read."""

    event: EventRow
    deliveries: tuple[DeliveryRow, ...]


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
    """Records in the order of their partitions, and the positions after them."""

    records: tuple[Decided | Unreadable, ...]
    moves: tuple[Move, ...]
