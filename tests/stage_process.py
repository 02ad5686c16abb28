"""A stage worker as a child process: started, killed, stopped, asked for its end and its log."""

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from waiting import until


class StageProcess:
    """One worker; its standard error is kept in `log`."""

    def __init__(self, stage: str, settings: Mapping[str, str], log: Path, *options: str) -> None:
        self.log = log
        environment = {
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
            **settings,
        }
        command = [sys.executable, "-m", "stage_worker", stage, *options]
        with log.open("ab") as out:
            self._child = subprocess.Popen(command, env=environment, stdout=out, stderr=out)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._child.poll() is None

    def has_stopped_itself(self) -> bool:
        """Whether it stands still after SIGSTOP."""
        stat = Path(f"/proc/{self._child.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        self._child.send_signal(number)

    def exit_code(self, seconds: float = 60) -> int:
        """Wait for its end."""
        return self._child.wait(seconds)

    def kill(self) -> None:
        """End it, however it stands."""
        if self.is_running:
            self._child.kill()
            self._child.wait(30)

    def said(self, event: str) -> list[dict[str, Any]]:
        """Its log lines of this event, in order."""
        return [line for line in self.lines() if line.get("event") == event]

    def lines(self) -> list[dict[str, Any]]:
        """Every structured line of its log, in order."""
        texts = (text for text in self.log.read_text().splitlines() if text.startswith("{"))
        return [msgspec.json.decode(text) for text in texts]

    def until_said(self, event: str) -> None:
        """Wait for a log line; fails when the worker ends before."""

        def holds() -> bool:
            assert self.said(event) or self.is_running, self.log.read_text()[-3000:]
            return bool(self.said(event))

        until(holds, f"the worker says {event}")
