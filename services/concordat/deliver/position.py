"""Where to read on: the stored positions, checked against the log as it is now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from concordat.deliver.errors import RoutedLogChanged


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """What makes two logs of the same name different ones."""

    cluster_id: str
    topic_id: str


@dataclass(frozen=True, slots=True)
class LogRange:
    """A partition holds the records from `start` to before `end`."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Position:
    """The next offset of a partition, in the log it belongs to.

    What is below `came_before` was delivered before the database was restored.
    """

    partition: int
    next_offset: int
    log: LogIdentity
    came_before: int = 0


def check_positions(
    topic: str,
    stored: Sequence[Position],
    log: LogIdentity,
    ranges: Mapping[int, LogRange],
) -> dict[int, int]:
    """Return the next offset of every partition; those never read start at the log's start.

    Raises `RoutedLogChanged` when a stored position is of another log or outside this one.
    """
    positions = {partition: log_range.start for partition, log_range in ranges.items()}
    for position in stored:
        change = _change(position, log, ranges.get(position.partition))
        if change:
            raise RoutedLogChanged(topic, change)
        positions[position.partition] = position.next_offset
    return positions


def _change(position: Position, log: LogIdentity, log_range: LogRange | None) -> str | None:
    where = f"partition {position.partition}"
    if position.log.cluster_id != log.cluster_id:
        return "it is on another cluster"
    if position.log.topic_id != log.topic_id:
        return "the topic was deleted and made again"
    if log_range is None:
        return f"{where} is gone"
    if not log_range.start <= position.next_offset <= log_range.end:
        ends = f"from {log_range.start} to {log_range.end}"
        return f"{where} goes {ends}, the position is {position.next_offset}"
    return None
