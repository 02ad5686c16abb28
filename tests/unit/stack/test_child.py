import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from concordat.stack.child import Child
from concordat.stack.errors import ChildDied, ChildNotReady
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.process_record import ProcessRecord, start_time
from concordat.stack.program import Program
from concordat.stack.readiness import wait_until_ready
from concordat.stack.state_directory import StateDirectory

STUBBORN = (
    "import signal, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    "print('deaf', flush=True); signal.pause()"
)
PARENT = """
import sys, time
from pathlib import Path
from concordat.stack.child import Child
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.program import Program
from concordat.stack.state_directory import StateDirectory
state = StateDirectory(Path(sys.argv[1]))
state.claim()
child = Child(Program("sleep", ("sleep", "60")), state, ForkingThread())
print(child.pid, flush=True)
time.sleep(60)
"""


def python(code: str, name: str = "python") -> Program:
    return Program(name, (sys.executable, "-c", code))


def await_paused(pid: int) -> None:
    deadline = time.monotonic() + 5
    while psutil.Process(pid).status() != psutil.STATUS_STOPPED:
        assert time.monotonic() < deadline
        time.sleep(0.01)


def await_end(pid: int) -> None:
    deadline = time.monotonic() + 5
    while start_time(pid) is not None:
        assert time.monotonic() < deadline, "the process still lives"
        time.sleep(0.01)


def test_output_goes_to_the_log_and_its_end_can_be_read(
    state: StateDirectory, forks: ForkingThread
) -> None:
    code = "import sys; [print(n) for n in range(9)]; print('last', file=sys.stderr); sys.exit(3)"
    child = Child(python(code), state, forks)
    with pytest.raises(ChildDied) as died:
        child.run_to_end(10)
    assert died.value.death.returncode == 3
    assert child.tail(2) == ("8", "last")
    assert (state.logs / "python.log").read_text().startswith("0\n1\n")
    assert child.death is not None
    assert str(child.death) == "python ended with code 3"


def test_the_log_is_kept_over_restarts_but_the_tail_is_of_the_present_life(
    state: StateDirectory, forks: ForkingThread
) -> None:
    Child(python("print('first')"), state, forks).run_to_end(10)
    second = Child(python("print('second')"), state, forks)
    second.run_to_end(10)
    assert second.tail(9) == ("second",)
    assert (state.logs / "python.log").read_text() == "first\nsecond\n"


def test_a_child_stops_on_request(state: StateDirectory, forks: ForkingThread) -> None:
    child = Child(Program("sleep", ("sleep", "60")), state, forks)
    assert child.alive
    assert child.stop(5) == -signal.SIGTERM
    assert not child.alive
    assert child.stop(5) == -signal.SIGTERM


def test_a_child_that_ignores_the_request_is_ended(
    state: StateDirectory, forks: ForkingThread
) -> None:
    child = Child(python(STUBBORN), state, forks)
    wait_until_ready(child, lambda: child.tail(1) == ("deaf",), 10)
    assert child.stop(0.05) == -signal.SIGKILL


def test_a_paused_child_stops_too(state: StateDirectory, forks: ForkingThread) -> None:
    child = Child(Program("sleep", ("sleep", "60")), state, forks)
    child.send(signal.SIGSTOP)
    await_paused(child.pid)
    assert child.stop(5) == -signal.SIGTERM


def test_a_running_child_is_recorded_with_its_start_time(
    state: StateDirectory, forks: ForkingThread
) -> None:
    child = Child(Program("sleep", ("sleep", "60")), state, forks)
    record = ProcessRecord.read(state.run / "sleep.json")
    assert record.pid == child.pid
    assert record.alive
    child.stop(5)
    assert not record.alive
    assert not (state.run / "sleep.json").exists()


def test_a_child_has_its_own_session(state: StateDirectory, forks: ForkingThread) -> None:
    child = Child(python("import os; print(os.getsid(0) == os.getpid())"), state, forks)
    child.run_to_end(10)
    assert child.tail(1) == ("True",)


def test_a_child_dies_when_its_parent_is_killed(tmp_path: Path) -> None:
    command = [sys.executable, "-c", PARENT, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        alive_before = start_time(pid) is not None
        parent.kill()
    assert alive_before
    await_end(pid)


def test_a_child_dies_with_the_thread_that_forked_it(state: StateDirectory) -> None:
    thread = ForkingThread()
    child = Child(Program("sleep", ("sleep", "60")), state, thread)
    thread.close()
    await_end(child.pid)
    assert child.stop() == -signal.SIGKILL


def test_waiting_for_a_child_that_died_says_why(
    state: StateDirectory, forks: ForkingThread
) -> None:
    child = Child(python("print('no port'); raise SystemExit(7)"), state, forks)
    with pytest.raises(ChildDied, match=r"python ended with code 7\nno port"):
        wait_until_ready(child, lambda: False, 10)
    child.stop()


def test_waiting_for_a_child_ends_in_time(state: StateDirectory, forks: ForkingThread) -> None:
    child = Child(Program("sleep", ("sleep", "60")), state, forks)
    with pytest.raises(ChildNotReady):
        wait_until_ready(child, lambda: False, 0.1)
    with pytest.raises(ChildNotReady):
        child.run_to_end(0.05)
    assert not child.alive


def test_a_log_that_has_grown_is_turned_over(state: StateDirectory, forks: ForkingThread) -> None:
    log = state.logs / "python.log"
    with log.open("wb") as file:
        file.truncate(17 * 1024 * 1024)
    Child(python("print('fresh')"), state, forks).run_to_end(10)
    assert log.read_text() == "fresh\n"
    assert (state.logs / "python.log.1").stat().st_size == 17 * 1024 * 1024


def test_an_end_is_explained_where_the_log_has_known_words(
    state: StateDirectory, forks: ForkingThread
) -> None:
    known = {"No space left": "its disk is full", "No": "it said no"}
    program = replace(python("print('No space left on device'); exit(1)"), explanations=known)
    child = Child(program, state, forks)
    with pytest.raises(ChildDied, match="python ended with code 1: its disk is full\nNo space"):
        child.run_to_end(10)
    assert str(child.death) == "python ended with code 1: its disk is full"
