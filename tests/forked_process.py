"""A process of ours in milliseconds: forked from a server that has loaded everything once."""

import ctypes
import faulthandler
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Mapping
from multiprocessing import forkserver
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

_SERVER = multiprocessing.get_context("forkserver")
_PRELOADED = ("stage_worker", "faults.worker")
_PR_SET_PDEATHSIG = 1


def fork(
    work: Callable[..., None], environment: Mapping[str, str], log: Path, *arguments: Any
) -> BaseProcess:
    """Start `work(*arguments)` as a fresh process would do it, with its output appended to `log`.

    It dies with the process that asked for it.
    """
    # The server of forks imports what it preloads by this path only.
    os.environ["PYTHONPATH"] = os.pathsep.join(path for path in sys.path if path)  # noqa: TID251
    _SERVER.set_forkserver_preload(list(_PRELOADED))
    log.touch()
    given = (work, dict(environment), log, arguments)
    process = _SERVER.Process(target=_live, args=given, daemon=True)
    process.start()
    return process


def stands_still(pid: int) -> bool:
    """Whether SIGSTOP has reached a process."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] == "T"


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
