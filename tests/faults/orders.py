"""Faults at named points of a worker's loop, ordered from outside while it runs."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path


class Ordered(Exception):
    """Something the worker has never heard of."""


def _kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _stop() -> None:
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(0.3)  # the signal may reach another thread first: this one must not go on


def _fail() -> None:
    raise Ordered


ACTIONS: dict[str, Callable[[], None]] = {"kill": _kill, "stop": _stop, "fail": _fail}


class Orders:
    """One worker's order: a file by which a bar reaches into its process."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._left: tuple[str, int] | None = None

    def give(self, action: str, point: str, passes: int = 0) -> None:
        """Do `action` (kill, stop, fail) at `point` once it was passed `passes` times."""
        unfinished = self._file.with_suffix(".new")
        unfinished.write_text(f"{action} {point} {passes}")
        unfinished.replace(self._file)

    @property
    def open(self) -> bool:
        """Whether an order waits to be carried out; it ends as the worker comes to its point."""
        return self._file.exists()

    def withdraw(self) -> None:
        """Take an order back."""
        self._file.unlink(missing_ok=True)

    def obey(self, point: str) -> None:
        """Called by the worker at every point of its loop."""
        try:
            text = self._file.read_text()
        except FileNotFoundError:
            return
        action, fatal, passes = text.split()
        if point != fatal:
            return
        left = self._left[1] if self._left and self._left[0] == text else int(passes)
        self._left = (text, left - 1)
        if left <= 0:
            self._left = None
            self._file.unlink(missing_ok=True)
            ACTIONS[action]()
