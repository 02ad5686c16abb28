"""A real PostgreSQL server as a supervised child."""

import os
import shutil
import signal
from pathlib import Path
from urllib.parse import quote

from concordat.stack.child import Child
from concordat.stack.errors import ChildDied
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.ports import LOCALHOST
from concordat.stack.postgres_home import ROOT_FOLDER, PostgresHome, open_home, remove_home
from concordat.stack.program import Program
from concordat.stack.readiness import wait_until_ready
from concordat.stack.state_directory import StateDirectory

SUPERUSER = "concordat"
DATABASE = "concordat"
INIT_SECONDS = 60.0
START_SECONDS = 60.0
STOP_SECONDS = 20.0
_STARTS = 40
_SETTINGS = (
    "unix_socket_directories=",  # none: no path to keep short, one way in, always a password
    # Messages about statements quote their values. Only the server's own events are logged.
    "log_min_messages=log",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
    "log_checkpoints=off",
)
_STILL_IN_USE = "is still in use"
_ENVIRONMENT = {"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"}


class PostgresServer:
    """One server with one database, reached over TCP on 127.0.0.1 with a password.

    As root its data lives in a folder of the unprivileged account, which `destroy` removes.
    """

    name = "postgres"

    def __init__(
        self,
        state: StateDirectory,
        forks: ForkingThread,
        *,
        port: int,
        root_folder: Path = ROOT_FOLDER,
    ) -> None:
        self.port = port
        self._state = state
        self._forks = forks
        self._root_folder = root_folder
        self._child: Child | None = None

    @property
    def child(self) -> Child | None:
        """The process, also when it has died; None before the start and after `stop`."""
        return self._child

    @property
    def superuser_dsn(self) -> str:
        """The DSN of the superuser."""
        return self.dsn(SUPERUSER, self._password())

    def dsn(self, user: str, password: str) -> str:
        """Return the DSN of the database for `user`."""
        login = f"{quote(user, safe='')}:{quote(password, safe='')}"
        return f"postgresql://{login}@{LOCALHOST}:{self.port}/{DATABASE}"

    def start(self) -> Child:
        """Start and return once connections are accepted; makes the database the first time.

        Raises ChildDied, ChildNotReady, DatabaseMissing, UnsafeFolder.
        """
        home = open_home(self._state, self._root_folder)
        data = home.folder / "data"
        if not data.exists():
            self._initialise(home, data)
        _drop_stale_pid(data)
        for _ in range(_STARTS):
            try:
                return self._start_once(home, data)
            except ChildDied as died:
                # Processes of a killed server need a moment to notice that it is gone.
                if not any(_STILL_IN_USE in line for line in died.death.last_lines):
                    raise
        return self._start_once(home, data)

    def stop(self) -> None:
        """Disconnect clients and shut down in order; idempotent."""
        if self._child is not None:
            self._child.stop(STOP_SECONDS)
            self._child = None

    def destroy(self) -> None:
        """Stop, and delete what is kept outside the state directory."""
        self.stop()
        remove_home(self._state)

    def _start_once(self, home: PostgresHome, data: Path) -> Child:
        settings = (word for setting in _SETTINGS for word in ("-c", setting))
        where = ("-D", str(data), "-h", LOCALHOST, "-p", str(self.port))
        child = self._child = self._spawn(home, self.name, "postgres", *where, *settings)
        wait_until_ready(child, lambda: _accepts(data, child.pid), START_SECONDS)
        return child

    def _initialise(self, home: PostgresHome, data: Path) -> None:
        """Make the cluster and its database beside `data`, which then appears complete."""
        unfinished, password = home.folder / "data.new", home.folder / "password"
        shutil.rmtree(unfinished, ignore_errors=True)
        _write_private(password, self._password(), home)
        login = ("-U", SUPERUSER, "-A", "scram-sha-256", "--pwfile", str(password))
        text = ("-E", "UTF8", "--no-locale")
        try:
            self._run(home, "initdb", "-D", str(unfinished), *login, *text)
        finally:
            password.unlink()
        self._create_database(home, unfinished)
        unfinished.rename(data)

    def _create_database(self, home: PostgresHome, data: Path) -> None:
        statement = self._state.postgres / "create-database.sql"
        statement.write_text(f"CREATE DATABASE {DATABASE}\n", encoding="utf-8")
        where = ("--single", "-D", str(data), "postgres")
        self._run(home, "postgres", *where, standard_input=statement)

    def _run(
        self, home: PostgresHome, binary: str, *arguments: str, standard_input: Path | None = None
    ) -> None:
        child = self._spawn(
            home, "postgres-init", binary, *arguments, standard_input=standard_input
        )
        child.run_to_end(INIT_SECONDS)

    def _spawn(
        self,
        home: PostgresHome,
        name: str,
        binary: str,
        *arguments: str,
        standard_input: Path | None = None,
    ) -> Child:
        program = Program(
            name=name,
            arguments=(str(home.binaries / binary), *arguments),
            environment=_ENVIRONMENT,
            folder=home.folder,
            account=home.account,
            standard_input=standard_input,
            stop_signal=signal.SIGINT,  # fast: does not wait for clients to leave
            kill_signal=signal.SIGQUIT,  # immediate, and its own processes go with it
        )
        return Child(program, self._state, self._forks)

    def _password(self) -> str:
        return self._state.secret("postgres-superuser")


def _write_private(path: Path, text: str, home: PostgresHome) -> None:
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")
    if home.account is not None:
        os.chown(path, home.account.user, home.account.group)


def _accepts(data: Path, pid: int) -> bool:
    """Read what the server says of itself: its pid on the first line, its state on the last."""
    lines = _pid_file_lines(data)
    return len(lines) >= 8 and lines[0].strip() == str(pid) and lines[7].strip() == "ready"


def _pid_file_lines(data: Path) -> list[str]:
    try:
        return (data / "postmaster.pid").read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return []


def _drop_stale_pid(data: Path) -> None:
    """Remove the pid file of a dead server whose pid another program has by now.

    The server would refuse to start. The owner of the state has ended every server of it.
    """
    lines = _pid_file_lines(data)
    if lines and lines[0].strip().isdecimal():
        command = Path("/proc") / lines[0].strip() / "comm"
        if command.exists() and command.read_text().strip() != "postgres":
            (data / "postmaster.pid").unlink()
