import datetime
import os
import subprocess
import sys
from pathlib import Path

import pytest

from concordat.stack.errors import StackAlreadyRunning
from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory

HOLD = """
import sys
from pathlib import Path
from concordat.stack.state_directory import StateDirectory
state = StateDirectory(Path(sys.argv[1]))
state.claim()
print("claimed", flush=True)
sys.stdin.read()
"""


def stack_in(path: Path) -> Stack:
    return Stack(
        kafka="127.0.0.1:21000",
        postgres_host="127.0.0.1",
        postgres_port=21001,
        postgres_database="concordat",
        pids={"kafka": 11, "postgres": 12},
        started_at=datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC),
        state=path,
    )


def test_a_second_owner_is_refused_and_told_the_pid_of_the_first(tmp_path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"claimed\n"
        with pytest.raises(StackAlreadyRunning) as refused:
            StateDirectory(tmp_path).claim()
        assert refused.value.pid == holder.pid
        assert str(holder.pid) in str(refused.value)
        holder.kill()
    after = StateDirectory(tmp_path)
    after.claim()
    after.release()


def test_two_owners_in_one_process_are_refused_too(state: StateDirectory) -> None:
    with pytest.raises(StackAlreadyRunning) as refused:
        StateDirectory(state.path).claim()
    assert refused.value.pid == os.getpid()
    with pytest.raises(StackAlreadyRunning):
        state.claim()


def test_a_child_does_not_inherit_ownership(state: StateDirectory) -> None:
    with subprocess.Popen(["sleep", "60"]) as child:
        state.release()
        heir = StateDirectory(state.path)
        heir.claim()
        heir.release()
        child.kill()


def test_a_released_state_may_be_claimed_again(state: StateDirectory) -> None:
    state.release()
    assert not state.claimed
    state.claim()
    assert state.claimed


def test_a_secret_stays_the_same_over_restarts_and_is_readable_by_its_owner_alone(
    state: StateDirectory,
) -> None:
    first = state.secret("postgres-superuser")
    assert len(first) >= 40
    assert StateDirectory(state.path).secret("postgres-superuser") == first
    assert state.secret("cursor-key") != first
    folder = state.path / "secrets"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert (folder / "postgres-superuser").stat().st_mode & 0o777 == 0o600


def test_a_secret_cannot_be_named_out_of_its_folder(state: StateDirectory) -> None:
    with pytest.raises(ValueError, match="kebab"):
        state.secret("../stack")


def test_what_is_published_is_read_back_and_removed(state: StateDirectory) -> None:
    assert state.read_stack() is None
    stack = stack_in(state.path)
    state.write_stack(stack)
    assert StateDirectory(state.path).read_stack() == stack
    state.remove_stack()
    assert state.read_stack() is None
    state.remove_stack()


def test_a_pid_is_noted_and_removed_without_touching_the_others(state: StateDirectory) -> None:
    state.note_pid("route", 13)
    assert state.read_stack() is None
    state.write_stack(stack_in(state.path))
    state.note_pid("route", 13)
    state.note_pid("kafka", None)
    published = state.read_stack()
    assert published is not None
    assert published.pids == {"postgres": 12, "route": 13}


def test_only_the_owner_may_remove_the_state(state: StateDirectory) -> None:
    with pytest.raises(StackAlreadyRunning):
        StateDirectory(state.path).remove()
    assert state.path.exists()
    state.remove()
    assert not state.path.exists()
    assert not state.claimed
