"""Bytes to rows of cells, one by one, whatever the file has been through."""

import csv
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from concordat.publish.row_fault import RowFault

MAX_LINE_BYTES = 16 * 1024
_MAX_LINES_A_ROW = 8
_BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Row:
    """The cells of one row, stripped of surrounding space; `line_number` is its first line."""

    line_number: int
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Line:
    number: int
    content: bytes


class _Unreadable(Exception):
    """These bytes are not one row; the message holds none of them."""


class _OpenQuote(_Unreadable):
    """A quoted cell goes on after these bytes."""


def rows_of(stream: BinaryIO) -> Iterator[Row | RowFault]:
    """Yield every row that is not blank, in order; only a few lines are held at a time.

    Reads RFC 4180 in UTF-8 with or without a byte-order mark, with LF or CRLF. What is not a row
    is a fault of its own line and never takes a following line with it: a quote that is opened and
    not closed within a few lines spoils only the line it stands on.
    """
    ahead: deque[_Line] = deque()
    lines = _lines_of(stream)
    while line := _next(ahead, lines):
        if not line.content.strip():
            continue
        try:
            cells = _row_from(line, ahead, lines)
        except _Unreadable as reason:
            yield RowFault(line.number, str(reason))
        else:
            yield Row(line.number, cells)


def _lines_of(stream: BinaryIO) -> Iterator[_Line]:
    number = 0
    while content := stream.readline(MAX_LINE_BYTES + 1):
        number += 1
        if number == 1:
            content = content.removeprefix(_BYTE_ORDER_MARK)
        end = content
        while len(end) > MAX_LINE_BYTES and not end.endswith(b"\n"):
            end = stream.readline(MAX_LINE_BYTES + 1)
        yield _Line(number, content)


def _next(ahead: deque[_Line], lines: Iterator[_Line]) -> _Line | None:
    return ahead.popleft() if ahead else next(lines, None)


def _row_from(first: _Line, ahead: deque[_Line], lines: Iterator[_Line]) -> tuple[str, ...]:
    try:
        return _cells(first.content)
    except _OpenQuote:
        return _joined_row(first, ahead, lines)


def _joined_row(first: _Line, ahead: deque[_Line], lines: Iterator[_Line]) -> tuple[str, ...]:
    """Return the row that `first` begins; otherwise give back every line taken for it."""
    content, taken = first.content, list[_Line]()
    while len(taken) < _MAX_LINES_A_ROW - 1 and (line := _next(ahead, lines)):
        taken.append(line)
        content += line.content
        try:
            return _cells(content)
        except _OpenQuote:
            continue
        except _Unreadable:
            break
    ahead.extendleft(reversed(taken))
    raise _Unreadable("a quoted cell is not closed")


def _cells(content: bytes) -> tuple[str, ...]:
    if len(content) > MAX_LINE_BYTES:
        raise _Unreadable(f"is longer than {MAX_LINE_BYTES} bytes")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise _Unreadable("is not UTF-8") from None
    try:
        (cells,) = csv.reader([text], strict=True)
    except csv.Error as error:
        if "unexpected end of data" in str(error):
            raise _OpenQuote("a quoted cell is not closed") from None
        raise _Unreadable("is not a row of comma-separated values") from None
    return tuple(cell.strip() for cell in cells)
