"""The log of one child: kept over restarts, read from where its present life began."""

import os
from pathlib import Path
from typing import IO

BYTES_KEPT = 16 * 1024 * 1024
_TAIL_BYTES = 64 * 1024


class ChildLog:
    """Appends to `path`; `text` and `tail` show only what was written since `open`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._start = 0

    def open(self) -> IO[bytes]:
        """Open for a new life; a log that has grown is kept once as `<name>.log.1`."""
        if self._path.exists() and self._path.stat().st_size > BYTES_KEPT:
            self._path.replace(self._path.with_suffix(".log.1"))
        output = self._path.open("ab")
        self._start = output.tell()
        return output

    def text(self) -> str:
        """Return what was written in this life, at most its last 64 KiB."""
        with self._path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._start, end - _TAIL_BYTES))
            return log.read().decode("utf-8", errors="replace")

    def tail(self, lines: int) -> tuple[str, ...]:
        """Return at most the last `lines` lines of this life."""
        return tuple(self.text().splitlines()[-lines:]) if lines > 0 else ()
