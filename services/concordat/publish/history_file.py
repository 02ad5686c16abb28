"""Files of events that were published, line by line, for a rehearsal."""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from concordat.publish.files import NotAnEventFile
from concordat.publish.police_uk import read_street_file
from concordat.publish.row_fault import RowFault
from concordat_events.envelope import MAX_BYTES, read_event, write_event
from concordat_events.faults import InvalidEvent

_LINE_BYTES = MAX_BYTES + 2
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class HistoryLine(NamedTuple):
    """What stands on the line `number` (from 1): a CloudEvent's JSON, if it is one."""

    number: int
    content: bytes


def read_history(stream: BinaryIO, name: str) -> Iterator[HistoryLine | RowFault]:
    """Yield what may be an event, and why the row of a street file is none.

    The file holds CloudEvents, one JSON object a line, or is a police.uk street file and is called
    `.csv`. Nothing is checked but its kind. Raises `NotAnEventFile` and `NotAStreetFile`.
    """
    return _crimes(stream) if Path(name).suffix.lower() == ".csv" else _lines(stream)


def why_no_event(line: HistoryLine) -> RowFault:
    """Return every reason why the line is no event, in the words that `concordat publish` uses."""
    try:
        read_event(line.content)
    except InvalidEvent as error:
        reasons = (f"{fault.path} {fault.message}".strip() for fault in error.faults)
        return RowFault(line.number, "; ".join(reasons))
    return RowFault(line.number, "is not an event that can be rehearsed")


def _lines(stream: BinaryIO) -> Iterator[HistoryLine]:
    number = 0
    while content := stream.readline(_LINE_BYTES):
        number += 1
        if number == 1:
            content = content.removeprefix(_BYTE_ORDER_MARK)
            if content.startswith(b"["):
                raise NotAnEventFile("is a JSON array: put one event on each line")
        # Of a line that is longer than any event, so much is read that it is seen to be.
        rest = content
        while len(rest) == _LINE_BYTES and not rest.endswith(b"\n"):
            rest = stream.readline(_LINE_BYTES)
        if content := content.strip():
            yield HistoryLine(number, content)


def _crimes(stream: BinaryIO) -> Iterator[HistoryLine | RowFault]:
    for number, row in enumerate(read_street_file(stream), start=2):
        yield row if isinstance(row, RowFault) else HistoryLine(number, write_event(row))
