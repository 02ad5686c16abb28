"""Files of CloudEvents: one JSON object, a JSON array, or one object per line."""

from collections.abc import Iterator
from itertools import chain
from typing import BinaryIO

import msgspec

from concordat.publish.row_fault import RowFault
from concordat_events.envelope import CONTENT_TYPE, MAX_BYTES, Event, read_event
from concordat_events.faults import InvalidEvent

# An array or one object is held whole; a longer run of events belongs on lines.
MAX_WHOLE_BYTES = 64 * 1024 * 1024
_LINE_BYTES = MAX_BYTES + 2
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class NotAnEventFile(ValueError):
    """The file holds neither a JSON object, nor an array, nor objects on lines."""


def read_cloudevents(stream: BinaryIO) -> Iterator[Event | RowFault]:
    """Yield an event or a fault per CloudEvent, in the order of the file.

    Objects on lines are read one by one, whatever the length of the file. A fault names the line
    that its object begins on and every reason, and holds no data. Raises `NotAnEventFile`.
    """
    first_number, line = _first_line(stream)
    first = line.removeprefix(_BYTE_ORDER_MARK).lstrip()
    if first.startswith(b"{") and (_is_json(first) or len(first) > MAX_BYTES):
        _skip_rest(stream, line)
        yield from _on_lines(first_number, chain([first], _lines(stream)))
        return
    whole = b"\n" * (first_number - 1) + first + stream.read(MAX_WHOLE_BYTES)
    if len(whole) > MAX_WHOLE_BYTES:
        raise NotAnEventFile(f"is one value of more than {MAX_WHOLE_BYTES} bytes: use lines")
    if first.startswith(b"["):
        yield from _in_array(whole)
    elif not first.startswith(b"{"):
        raise NotAnEventFile("holds neither a JSON object nor a JSON array")
    elif _is_json(whole):
        yield _event_or_fault(first_number, whole.strip())
    else:
        yield from _on_lines(1, iter(whole.splitlines()))


def _first_line(stream: BinaryIO) -> tuple[int, bytes]:
    number = 0
    while line := stream.readline(_LINE_BYTES):
        number += 1
        if line.removeprefix(_BYTE_ORDER_MARK).strip():
            return number, line
    raise NotAnEventFile("the file is empty")


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield lines; of one longer than an event may be, only so much that it is seen to be."""
    while line := stream.readline(_LINE_BYTES):
        _skip_rest(stream, line)
        yield line


def _skip_rest(stream: BinaryIO, line: bytes) -> None:
    while len(line) == _LINE_BYTES and not line.endswith(b"\n"):
        line = stream.readline(_LINE_BYTES)


def _on_lines(first_number: int, lines: Iterator[bytes]) -> Iterator[Event | RowFault]:
    for number, line in enumerate(lines, start=first_number):
        if content := line.strip():
            yield _event_or_fault(number, content)


def _in_array(whole: bytes) -> Iterator[Event | RowFault]:
    try:
        elements = msgspec.json.decode(whole, type=list[msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        raise NotAnEventFile("begins like a JSON array and is not one") from None
    position = 0
    for element in map(bytes, elements):
        # Only white space and a comma stand between two elements.
        position = whole.index(element, position)
        yield _event_or_fault(whole.count(b"\n", 0, position) + 1, element)
        position += len(element)


def _event_or_fault(line_number: int, content: bytes) -> Event | RowFault:
    try:
        return read_event(content, CONTENT_TYPE)
    except InvalidEvent as error:
        faults = (f"{fault.path} {fault.message}".strip() for fault in error.faults)
        return RowFault(line_number, "; ".join(faults))


def _is_json(content: bytes) -> bool:
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
