"""What services that run in this process log, kept in a file instead of a person's terminal."""

import logging
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import structlog

from concordat.runtime.logs import configure_logs


@contextmanager
def said_inside(folder: Path) -> Iterator[Callable[[], Counter[str]]]:
    """Log into a file; the value counts the lines by event."""
    path, root = folder / "inside.log", logging.getLogger()
    before = root.handlers[:]
    with path.open("w") as file:
        root.handlers = [logging.StreamHandler(file)]
        configure_logs("inside")
        structlog.configure(logger_factory=structlog.PrintLoggerFactory(file))
        try:
            yield lambda: _events(path)
        finally:
            structlog.reset_defaults()
            structlog.contextvars.clear_contextvars()
            root.handlers = before


def _events(path: Path) -> Counter[str]:
    lines = [line for line in path.read_bytes().splitlines() if line.startswith(b"{")]
    return Counter(msgspec.json.decode(line)["event"] for line in lines)
