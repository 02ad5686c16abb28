"""The end of a child that nobody asked for."""

import signal
from dataclasses import dataclass


@dataclass(frozen=True)
class Death:
    """Who ended, how, the last lines of its log, and why where the log says so."""

    name: str
    returncode: int
    last_lines: tuple[str, ...]
    reason: str = ""

    def __str__(self) -> str:
        """Say it in one line, without the log."""
        end = f"{self.name} {self._end()}"
        return f"{end}: {self.reason}" if self.reason else end

    def _end(self) -> str:
        if self.returncode >= 0:
            return f"ended with code {self.returncode}"
        try:
            ended_by = signal.Signals(-self.returncode).name
        except ValueError:  # a real-time signal has no name
            ended_by = f"signal {-self.returncode}"
        return f"was ended by {ended_by}"
