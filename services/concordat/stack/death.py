"""The end of a child that nobody asked for."""

import signal
from dataclasses import dataclass


@dataclass(frozen=True)
class Death:
    """Who ended, how, and the last lines of its log."""

    name: str
    returncode: int
    last_lines: tuple[str, ...]

    def __str__(self) -> str:
        """Say it in one line, without the log."""
        if self.returncode >= 0:
            return f"{self.name} ended with code {self.returncode}"
        try:
            ended_by = signal.Signals(-self.returncode).name
        except ValueError:  # a real-time signal has no name
            ended_by = f"signal {-self.returncode}"
        return f"{self.name} was ended by {ended_by}"
