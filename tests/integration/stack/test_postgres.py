import os
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from concordat.stack.errors import ChildDied, DatabaseMissing, UnsafeFolder
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.ports import pick_port
from concordat.stack.postgres_home import open_home, remove_home
from concordat.stack.postgres_server import PostgresServer
from concordat.stack.state_directory import StateDirectory

AS_ROOT = os.geteuid() == 0


@pytest.fixture
def server(state: StateDirectory) -> Iterator[PostgresServer]:
    state.claim()
    forks = ForkingThread()
    server = PostgresServer(state, forks, port=pick_port())
    yield server
    server.destroy()
    forks.close()
    state.release()


async def answer(server: PostgresServer) -> object:
    connection = await asyncpg.connect(server.superuser_dsn, timeout=10)
    try:
        return await connection.fetchval("SELECT 42")
    finally:
        await connection.close()


async def test_stopping_does_not_wait_for_clients(server: PostgresServer) -> None:
    server.start()
    connection = await asyncpg.connect(server.superuser_dsn)
    child = server.child
    server.stop()
    assert child is not None
    assert child.returncode == 0
    connection.terminate()
    assert server.child is None
    server.stop()


def test_a_pid_file_that_names_another_program_does_not_keep_it_from_starting(
    server: PostgresServer, state: StateDirectory
) -> None:
    child = server.start()
    child.send(signal.SIGKILL)
    child.kill()
    home = open_home(state)
    pid_file = home.folder / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    user = home.account.user if home.account else None
    with subprocess.Popen(["sleep", "60"], user=user) as stranger:
        pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        try:
            assert server.start().alive
        finally:
            stranger.kill()


async def test_a_database_whose_making_was_cut_short_is_made_again(
    server: PostgresServer, state: StateDirectory
) -> None:
    unfinished = open_home(state).folder / "data.new"
    unfinished.mkdir()
    (unfinished / "PG_VERSION").write_text("18\n")
    server.start()
    assert await answer(server) == 42
    assert not unfinished.exists()


def test_a_broken_server_says_why_it_ended(server: PostgresServer, state: StateDirectory) -> None:
    server.start()
    server.stop()
    (open_home(state).folder / "data" / "PG_VERSION").unlink()
    with pytest.raises(ChildDied, match="is not a valid data directory"):
        server.start()


def test_no_password_is_left_beside_the_data(server: PostgresServer, state: StateDirectory) -> None:
    server.start()
    assert sorted(path.name for path in open_home(state).folder.iterdir() if path.is_file()) in (
        [],
        ["create-database.sql"],
    )


def test_data_is_where_the_account_that_runs_it_may_write(
    server: PostgresServer, state: StateDirectory
) -> None:
    server.start()
    home = open_home(state)
    owner = home.account.user if home.account else os.geteuid()
    assert (home.account is not None) == AS_ROOT
    assert (home.folder == state.postgres) != AS_ROOT
    assert (home.folder / "data").stat().st_uid == owner
    server.destroy()
    assert home.folder.exists() != AS_ROOT


def test_root_refuses_a_folder_that_others_may_write(state: StateDirectory, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    state.claim()
    refused = None
    try:
        open_home(state, shared)
    except UnsafeFolder as error:
        refused = error.path
    state.release()
    assert refused == (shared if AS_ROOT else None)


def test_root_is_told_when_the_folder_it_was_given_is_gone(
    server: PostgresServer, state: StateDirectory
) -> None:
    folder = open_home(state).folder
    missing = None
    if AS_ROOT:
        folder.rmdir()
    try:
        server.start()
    except DatabaseMissing as error:
        missing = error.path
    assert missing == (folder if AS_ROOT else None)
    remove_home(state)
