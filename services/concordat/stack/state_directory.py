"""The folder in which a stack keeps everything it has: data, logs, secrets, who runs."""

import fcntl
import os
import re
import secrets
import shutil
from pathlib import Path

from concordat.stack.atomic_file import replace_file
from concordat.stack.errors import StackAlreadyRunning
from concordat.stack.stack import Stack

SECRET_BYTES = 32
_SECRET_NAME = re.compile(r"[a-z][a-z0-9-]*")


class StateDirectory:
    """Layout, ownership, secrets and the `stack.json` of one stack.

    `claim` makes this process its only owner until `release` or the end of the process, however
    it ends: the kernel drops the lock, and children do not inherit it.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: int | None = None

    @property
    def kafka(self) -> Path:
        """The broker's configuration and log segments."""
        return self.path / "kafka"

    @property
    def postgres(self) -> Path:
        """The database, or where it is when root may not keep it here."""
        return self.path / "postgres"

    @property
    def logs(self) -> Path:
        """One log a child, appended over restarts."""
        return self.path / "logs"

    @property
    def run(self) -> Path:
        """One record a running child."""
        return self.path / "run"

    @property
    def claimed(self) -> bool:
        """Whether this object holds the lock."""
        return self._lock is not None

    def claim(self) -> None:
        """Create the layout and become the owner; raises StackAlreadyRunning."""
        if self._lock is not None:
            raise StackAlreadyRunning(self.path, os.getpid())
        self._lay_out()
        # Children do not inherit the descriptor: it is closed when they execute their program.
        lock = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise StackAlreadyRunning(self.path, self._owner()) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, f"{os.getpid()}\n".encode(), 0)
        self._lock = lock

    def release(self) -> None:
        """Give up ownership; without effect when not the owner."""
        if self._lock is not None:
            os.ftruncate(self._lock, 0)
            os.close(self._lock)
            self._lock = None

    def remove(self) -> None:
        """Delete the folder with all it holds, then release; only its owner may."""
        if not self.claimed:
            raise StackAlreadyRunning(self.path, self._owner())
        shutil.rmtree(self.path)
        self.release()

    def secret(self, name: str) -> str:
        """Return the URL-safe secret called `name`: made once, the same over restarts."""
        if not _SECRET_NAME.fullmatch(name):
            raise ValueError("a secret's name is kebab case")
        self._lay_out()
        path = self._secrets / name
        if not path.exists():
            replace_file(path, secrets.token_urlsafe(SECRET_BYTES), mode=0o600)
        return path.read_text(encoding="utf-8")

    def write_stack(self, stack: Stack) -> None:
        """Publish what runs; readers see the old or the new, never a half."""
        replace_file(self._stack_file, stack.model_dump_json(indent=2) + "\n")

    def read_stack(self) -> Stack | None:
        """Return what runs, or None when nothing has been published."""
        try:
            text = self._stack_file.read_text(encoding="utf-8")
        except FileNotFoundError:
            return None
        return Stack.model_validate_json(text)

    def remove_stack(self) -> None:
        """Say that nothing runs."""
        self._stack_file.unlink(missing_ok=True)

    def note_pid(self, name: str, pid: int | None) -> None:
        """Update one process in `stack.json`; None removes it. Nothing happens without the file."""
        stack = self.read_stack()
        if stack is None:
            return
        others = {other: number for other, number in stack.pids.items() if other != name}
        pids = others if pid is None else {**others, name: pid}
        self.write_stack(stack.model_copy(update={"pids": pids}))

    @property
    def _secrets(self) -> Path:
        return self.path / "secrets"

    @property
    def _stack_file(self) -> Path:
        return self.path / "stack.json"

    @property
    def _lock_file(self) -> Path:
        return self.path / "lock"

    def _lay_out(self) -> None:
        for folder in (self.kafka, self.postgres, self.logs, self.run):
            folder.mkdir(parents=True, exist_ok=True)
        self._secrets.mkdir(mode=0o700, exist_ok=True)
        self._secrets.chmod(0o700)

    def _owner(self) -> int | None:
        try:
            return int(self._lock_file.read_text())
        except (FileNotFoundError, ValueError):
            return None
