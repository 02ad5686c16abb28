"""A stage worker as a child process: started, killed, stopped, asked for its end and its log."""

import os
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from forked_process import fork, stands_still
from stage_worker import main
from waiting import until


class StageProcess:
    """One worker; its standard error is kept in `log`."""

    def __init__(self, stage: str, settings: Mapping[str, str], log: Path, *options: str) -> None:
        self.log = log
        self._process = fork(main, settings, log, [stage, *options])

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    def has_stopped_itself(self) -> bool:
        """Whether it stands still after SIGSTOP."""
        assert self._process.pid is not None
        return stands_still(self._process.pid)

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        if self.is_running:
            assert self._process.pid is not None
            os.kill(self._process.pid, number)

    def exit_code(self, seconds: float = 60) -> int:
        """Wait for its end; negative when a signal ended it."""
        self._process.join(seconds)
        code = self._process.exitcode
        assert code is not None, "the worker does not end"
        return code

    def kill(self) -> None:
        """End it, however it stands; idempotent."""
        self.send(signal.SIGKILL)
        self._process.join(30)

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
