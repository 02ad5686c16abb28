"""What a child is to run."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Account:
    """The unprivileged user and group that a child runs as."""

    user: int
    group: int


@dataclass(frozen=True)
class Program:
    """A command, its surroundings and its signals; `name` names its log and its record."""

    name: str
    arguments: tuple[str, ...]
    environment: Mapping[str, str] | None = None
    """None inherits the parent's."""
    folder: Path | None = None
    account: Account | None = None
    standard_input: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    """Asks for an orderly end."""
    kill_signal: signal.Signals = signal.SIGKILL
    """Ends it at once; also what the kernel sends when the parent dies."""
    explanations: Mapping[str, str] = field(default_factory=dict)
    """What its end means when its log has these words, the most telling first."""
