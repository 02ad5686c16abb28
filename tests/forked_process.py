"""A process of ours in milliseconds: forked from a server that has loaded everything once."""

import ctypes
import faulthandler
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from multiprocessing import forkserver
from pathlib import Path
from typing import Any

from waiting import until

_SERVER = multiprocessing.get_context("forkserver")
_PRELOADED = ("stage_worker", "faults.worker")
_PR_SET_PDEATHSIG = 1


class ForkedProcess:
    """`work(*arguments)` as a fresh process would do it; its output is appended to `log`.

    It dies with the process that asked for it.
    """

    def __init__(
        self,
        work: Callable[..., None],
        environment: Mapping[str, str],
        log: Path,
        *arguments: Any,
    ) -> None:
        # The server of forks imports what it preloads by this path only.
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))  # noqa: TID251
        _SERVER.set_forkserver_preload(list(_PRELOADED))
        log.touch()
        self.log = log
        self._said_from = log.stat().st_size
        given = (work, dict(environment), log, arguments)
        self._process = _SERVER.Process(target=_live, args=given, daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """Its process id, also after its end."""
        pid = self._process.pid
        assert pid is not None
        return pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.is_alive()

    @property
    def is_standing_still(self) -> bool:
        """Whether SIGSTOP has reached it."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except FileNotFoundError:
            return False
        return stat.rpartition(")")[2].split()[0] == "T"

    def send(self, number: signal.Signals) -> None:
        """Send it a signal; without effect once it has ended."""
        if self.is_running:
            os.kill(self.pid, number)

    def exit_code(self, seconds: float = 60) -> int:
        """Wait for its end; negative when a signal ended it."""
        self._process.join(seconds)
        code = self._process.exitcode
        assert code is not None, f"the process of {self.log.name} does not end"
        return code

    def kill(self) -> None:
        """End it with SIGKILL, however it stands, and wait for its end; idempotent."""
        self.send(signal.SIGKILL)
        self._process.join(30)

    def said(self, event: str) -> list[dict[str, Any]]:
        """The log lines of this event that it wrote, in order."""
        return [line for line in self.lines() if line.get("event") == event]

    def until_said(self, event: str) -> None:
        """Wait for a log line; fails when it ends before."""

        def holds() -> bool:
            assert self.said(event) or self.is_running, self.tail()
            return bool(self.said(event))

        until(holds, f"the process of {self.log.name} says {event}")

    def lines(self) -> list[dict[str, Any]]:
        """Every structured line that it wrote, in order.

        A client library that writes to the same log may add to a line.
        """
        decode = json.JSONDecoder().raw_decode
        return [decode(text)[0] for text in self.text().split("\n") if text.startswith("{")]

    def text(self) -> str:
        """Everything that it wrote."""
        with self.log.open("rb") as file:
            file.seek(self._said_from)
            return file.read().decode(errors="replace")

    def tail(self, characters: int = 3000) -> str:
        """The end of its log, also of processes before it."""
        return self.log.read_text(errors="replace")[-characters:]


def _live(
    work: Callable[..., None], environment: Mapping[str, str], log: Path, arguments: tuple[Any, ...]
) -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # By this pipe the server of forks sees that we have ended; held open here, it never would.
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]
    os.setsid()
    _redirect(log)
    faulthandler.enable()  # a client library's crash says where
    os.environ.clear()  # noqa: TID251 - as a fresh process would have it
    os.environ.update(environment)  # noqa: TID251
    work(*arguments)


def _redirect(log: Path) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(file, stream)
