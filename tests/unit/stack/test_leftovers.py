import signal
import subprocess
import sys

from concordat.stack.leftovers import stop_leftovers
from concordat.stack.process_record import ProcessRecord, start_time
from concordat.stack.state_directory import StateDirectory


def quiet(sentence: str) -> None:
    return None


def record_of(process: subprocess.Popen[bytes], kill_signal: int) -> ProcessRecord:
    started = start_time(process.pid)
    assert started is not None
    return ProcessRecord(pid=process.pid, started=started, kill_signal=kill_signal)


def test_a_recorded_process_that_still_runs_is_ended_and_named(state: StateDirectory) -> None:
    said: list[str] = []
    with subprocess.Popen(["sleep", "60"]) as left:
        record_of(left, signal.SIGKILL).write(state.run / "kafka.json")
        assert stop_leftovers(state, said.append) == ["kafka"]
        assert left.wait(5) == -signal.SIGKILL
    assert said == ["ended kafka, left over from an earlier run"]
    assert list(state.run.iterdir()) == []


def test_the_recorded_signal_is_used(state: StateDirectory) -> None:
    with subprocess.Popen(["sleep", "60"]) as left:
        record_of(left, signal.SIGQUIT).write(state.run / "postgres.json")
        stop_leftovers(state, quiet)
        assert left.wait(5) == -signal.SIGQUIT


def test_a_paused_leftover_is_ended_too(state: StateDirectory) -> None:
    with subprocess.Popen(["sleep", "60"]) as left:
        left.send_signal(signal.SIGSTOP)
        record_of(left, signal.SIGQUIT).write(state.run / "postgres.json")
        assert stop_leftovers(state, quiet) == ["postgres"]
        assert left.wait(5) == -signal.SIGQUIT


def test_another_process_with_the_same_pid_is_left_alone(state: StateDirectory) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        true = record_of(stranger, signal.SIGKILL)
        earlier = ProcessRecord(pid=true.pid, started=true.started + "0")
        earlier.write(state.run / "route.json")
        assert stop_leftovers(state, quiet) == []
        assert stranger.poll() is None
        stranger.kill()
    assert not (state.run / "route.json").exists()


def test_a_record_of_an_ended_process_is_only_removed(state: StateDirectory) -> None:
    with subprocess.Popen(["sleep", "60"]) as ended:
        record = record_of(ended, signal.SIGKILL)
        ended.kill()
    record.write(state.run / "route.json")
    assert stop_leftovers(state, quiet) == []
    assert not (state.run / "route.json").exists()


def test_a_broken_record_is_only_removed(state: StateDirectory) -> None:
    (state.run / "route.json").write_text("{")
    assert stop_leftovers(state, quiet) == []
    assert not (state.run / "route.json").exists()
