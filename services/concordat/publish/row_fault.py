"""A row that cannot be an event."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RowFault:
    """Why the row that begins on `line_number` (from 1) is no event, without any of its data."""

    line_number: int
    message: str
