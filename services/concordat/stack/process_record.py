"""Which process a pid stood for: a pid is reused, a pid with its start time is not."""

import signal
import sys
from pathlib import Path
from typing import Self

import psutil
from pydantic import BaseModel, ConfigDict

from concordat.stack.atomic_file import replace_file

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_STATE, _START_TICKS = 0, 19  # positions after the command name in /proc/<pid>/stat


def start_time(pid: int) -> str | None:
    """Return a mark of when `pid` started, exact on Linux; None when no such process lives."""
    if sys.platform != "linux":
        return _start_time_by_clock(pid)
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    fields = stat.rpartition(")")[2].split()  # the command name may itself hold spaces
    if fields[_STATE] in "ZX":  # ended, only not yet collected by its parent
        return None
    return f"{_BOOT_ID.read_text().strip()}:{fields[_START_TICKS]}"


def _start_time_by_clock(pid: int) -> str | None:
    try:
        return str(psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return None


class ProcessRecord(BaseModel):
    """A child as written to `run/<name>.json` while it lives."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    pid: int
    started: str
    kill_signal: int = signal.SIGKILL
    """What ends it at once, together with the processes it has itself."""

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a record; raises ValueError when the file holds none."""
        return cls.model_validate_json(path.read_text(encoding="utf-8"))

    def write(self, path: Path) -> None:
        """Write the record, whole or not at all."""
        replace_file(path, self.model_dump_json())

    @property
    def alive(self) -> bool:
        """Whether that very process still runs, not another one with its pid."""
        return start_time(self.pid) == self.started
