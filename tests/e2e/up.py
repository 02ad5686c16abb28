"""`concordat up` in a process of its own, as a person runs it."""

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory
from e2e.command import CONCORDAT, environment
from waiting import until

START_SECONDS = 240.0
END_SECONDS = 60.0


class Up:
    """A running `concordat up`; what it says is kept in files beside its state."""

    def __init__(self, state: Path, *options: str) -> None:
        self.state = StateDirectory(state)
        self._out, self._err = state.with_suffix(".out"), state.with_suffix(".err")
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen(
                [*CONCORDAT, "up", "--state", str(state), *options],
                cwd=state.parent,
                env=environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=True,
            )

    @property
    def printed(self) -> str:
        """Its stdout."""
        return self._out.read_text(encoding="utf-8")

    @property
    def said(self) -> str:
        """Its stderr."""
        return self._err.read_text(encoding="utf-8")

    @property
    def stack(self) -> Stack:
        """What it tells other processes about itself."""
        stack = self.state.read_stack()
        assert stack is not None, self.said
        return stack

    @property
    def processes(self) -> list[psutil.Process]:
        """Every process below it, and it."""
        own = psutil.Process(self.process.pid)
        return [own, *own.children(recursive=True)]

    def until_said(self, text: str, seconds: float = START_SECONDS) -> None:
        """Wait for a sentence; fails when the command ends before."""

        def holds() -> bool:
            assert text in self.said or self.process.poll() is None, self.said
            return text in self.said

        until(holds, f"concordat up says {text!r}", seconds)

    def until_ready(self) -> None:
        """Wait until it has started everything, played what it was told to and explained itself."""
        self.until_said("Ctrl-C stops everything")

    def interrupt(self) -> int:
        """Press Ctrl-C and wait for its end."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(END_SECONDS)

    def end(self) -> None:
        """End it, however it stands."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(END_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(END_SECONDS)


@contextmanager
def running(state: Path, *options: str) -> Iterator[Up]:
    """An exchange that has started and has done what `options` ask for; ended on leaving."""
    up = Up(state, *options)
    try:
        up.until_ready()
        yield up
    finally:
        up.end()


def all_gone(processes: list[psutil.Process]) -> bool:
    """Whether none of these very processes runs any more."""
    return not any(_runs(process) for process in processes)


def _runs(process: psutil.Process) -> bool:
    try:
        # A process that ended and waits to be collected by its parent runs nothing.
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
