"""Children that outlived their supervisor, from before the present owner of the state."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from concordat.stack.process_record import ProcessRecord
from concordat.stack.state_directory import StateDirectory

PATIENCE_SECONDS = 5.0
_POLL_SECONDS = 0.02


def stop_leftovers(state: StateDirectory, report: Callable[[str], None]) -> list[str]:
    """End every recorded process that still runs, remove the records, return the names ended.

    A process is ended only when both its pid and its start time match the record. Call it as the
    owner of the state, before starting anything.
    """
    ended = []
    for path in sorted(state.run.glob("*.json")):
        if _end(path):
            report(f"ended {path.stem}, left over from an earlier run")
            ended.append(path.stem)
        path.unlink(missing_ok=True)
    return ended


def _end(path: Path) -> bool:
    try:
        record = ProcessRecord.read(path)
    except ValueError:  # not a record: there is nothing it could name safely
        return False
    if not record.alive:
        return False
    _send(record, signal.SIGCONT)
    _send(record, record.kill_signal)
    if not _gone(record, PATIENCE_SECONDS):
        _send(record, signal.SIGKILL)
        _gone(record, PATIENCE_SECONDS)
    return True


def _send(record: ProcessRecord, number: int) -> None:
    if record.alive:
        try:
            os.kill(record.pid, number)
        except ProcessLookupError:
            return


def _gone(record: ProcessRecord, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while record.alive:
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_SECONDS)
    return True
