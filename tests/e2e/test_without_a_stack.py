"""A command that finds no stack says so and how to get one, and leaves with 69."""

import shutil
from pathlib import Path

import pytest

from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory
from e2e.command import concordat

COMMANDS = (
    ("publish", "events.json", "--agency", "probation"),
    ("inbox", "read", "--agency", "probation"),
    ("inbox", "ack", "1", "--agency", "probation"),
    ("why", "event-0001", "--agency", "probation"),
    ("lag",),
    ("topics", "check"),
    ("topics", "apply"),
    ("register", "publish"),
    ("token", "probation"),
    ("recover",),
    ("replay", "routed"),
)
# One for each way to a stack: Kafka, the API, the database beside Kafka.
REACHING = (COMMANDS[0], COMMANDS[1], COMMANDS[4])


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where a person stands, with a file that could be published."""
    (tmp_path / "events.json").write_text("[]")
    return tmp_path


@pytest.fixture
def ended(folder: Path) -> Path:
    """The state of a stack that was killed: it still says where it ran."""
    state = StateDirectory(folder / ".concordat")
    state.claim()
    state.release()
    addresses = {
        "kafka": "127.0.0.1:9",
        "postgres_host": "127.0.0.1",
        "postgres_port": 9,
        "postgres_database": "concordat",
        "api": "http://127.0.0.1:9",
        "started_at": "2026-11-22T12:00:00Z",
        "state": state.path,
    }
    state.write_stack(Stack.model_validate(addresses))
    return state.path


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_without_a_stack_a_command_says_how_to_start_one(
    command: tuple[str, ...], folder: Path
) -> None:
    answer = concordat(*command, folder=folder)
    assert answer.code == 69, answer.err
    assert answer.out == ""
    assert answer.err.startswith("concordat: no stack runs in .concordat; start one with")
    assert len(answer.err.splitlines()) == 1
    assert not (folder / ".concordat").exists()


@pytest.mark.parametrize("command", REACHING, ids=" ".join)
def test_a_stack_that_has_ended_is_said_to_answer_no_more(
    command: tuple[str, ...], folder: Path, ended: Path
) -> None:
    answer = concordat(*command, folder=folder)
    assert answer.code == 69, answer.err
    assert answer.out == ""
    assert answer.err.startswith("concordat: nothing answers at ")
    assert "start a stack with `make run`" in answer.err
    assert len(answer.err.splitlines()) == 1


def test_a_database_that_does_not_answer_is_said_in_a_sentence(folder: Path) -> None:
    dsn = "postgresql://concordat_deliver:secret@127.0.0.1:9/concordat"
    answer = concordat("replay", "routed", folder=folder, CONCORDAT_POSTGRES=dsn)
    assert answer.code == 69, answer.err
    assert answer.err == "concordat: the database cannot be asked (ConnectionRefusedError)\n"


def test_another_state_directory_can_be_named(folder: Path, ended: Path) -> None:
    shutil.move(ended, folder / "elsewhere")
    answer = concordat("lag", "--state", "elsewhere", folder=folder)
    assert answer.code == 69
    assert "nothing answers at 127.0.0.1:9" in answer.err
