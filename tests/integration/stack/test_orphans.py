import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from concordat.stack.embedded import EmbeddedInfrastructure, forget
from concordat.stack.process_record import ProcessRecord, start_time
from concordat.stack.state_directory import StateDirectory

HOLDER = """
import sys
from pathlib import Path
from concordat.stack.embedded import EmbeddedInfrastructure
from concordat.stack.state_directory import StateDirectory
servers = EmbeddedInfrastructure(StateDirectory(Path(sys.argv[1])), lambda _: None)
print(*servers.start().pids.values(), flush=True)
sys.stdin.read()
"""


@contextmanager
def held(path: Path) -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """A process that holds the infrastructure, and all the processes it has below it."""
    command = [sys.executable, "-c", HOLDER, str(path)]
    holder = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with holder:
        try:
            assert holder.stdout is not None
            children = [int(pid) for pid in holder.stdout.readline().split()]
            below = [process.pid for process in psutil.Process(holder.pid).children(recursive=True)]
            assert len(children) == 2
            assert set(children) < set(below)
            yield holder, below
        finally:
            holder.kill()


def await_end(pids: list[int]) -> None:
    deadline = time.monotonic() + 10
    while alive := [pid for pid in pids if start_time(pid) is not None]:
        assert time.monotonic() < deadline, f"{len(alive)} processes were left over"
        time.sleep(0.02)


@pytest.fixture
def forgotten(state: StateDirectory) -> Iterator[StateDirectory]:
    yield state
    forget(state, lambda _: None)


def test_killing_the_owner_leaves_no_process_and_the_next_start_goes_on(
    forgotten: StateDirectory,
) -> None:
    with held(forgotten.path) as (holder, below):
        assert len(below) > 3  # the database has processes of its own
        holder.kill()
    await_end(below)
    said: list[str] = []
    servers = EmbeddedInfrastructure(forgotten, said.append)
    servers.start()
    servers.stop()
    assert not any("left over" in sentence for sentence in said)


def test_servers_that_outlived_their_owner_are_ended_by_the_next_start(
    forgotten: StateDirectory,
) -> None:
    said: list[str] = []
    forgotten.claim()
    with subprocess.Popen(["sleep", "60"]) as outlived:
        started = start_time(outlived.pid)
        assert started is not None
        record = ProcessRecord(pid=outlived.pid, started=started)
        record.write(forgotten.run / "kafka.json")
        forgotten.release()
        servers = EmbeddedInfrastructure(forgotten, said.append)
        servers.start()
        servers.stop()
        assert outlived.wait(5) < 0
    assert "ended kafka, left over from an earlier run" in said


def test_a_program_that_ends_without_stopping_leaves_no_process(forgotten: StateDirectory) -> None:
    with held(forgotten.path) as (holder, below):
        assert holder.stdin is not None
        holder.stdin.close()
        holder.wait(20)
    await_end(below)
