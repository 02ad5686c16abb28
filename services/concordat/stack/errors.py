"""What can go wrong while the embedded stack starts or runs.

StackError
  StackAlreadyRunning   another process owns the state directory
  ChildDied             a child ended before it was ready
  ChildNotReady         a child did not become ready in time
  StackGaveUp           the stack stopped itself, with the reason
  UnsafeFolder          a folder that others may write cannot hold what root runs
  DatabaseMissing       the state names a database folder that is gone
  KafkaJarsMissing      no jars could be resolved for the broker
  StackNotRunning       a server was asked for that has not been started
"""

from pathlib import Path

from concordat.stack.death import Death


class StackError(Exception):
    """The embedded stack cannot do what was asked."""


class StackAlreadyRunning(StackError):
    """Another process owns the state directory; `pid` is None when it has not said who it is."""

    def __init__(self, path: Path, pid: int | None) -> None:
        owner = "another process" if pid is None else f"process {pid}"
        super().__init__(f"a stack is already running in {path} ({owner})")
        self.path = path
        self.pid = pid


class ChildDied(StackError):
    """A child ended before it was ready."""

    def __init__(self, death: Death) -> None:
        super().__init__("\n".join((str(death), *death.last_lines)))
        self.death = death


class ChildNotReady(StackError):
    """A child is alive but was not ready after `seconds`."""

    def __init__(self, name: str, seconds: float) -> None:
        super().__init__(f"{name} was not ready after {seconds:g} s")
        self.name = name
        self.seconds = seconds


class StackGaveUp(StackError):
    """Everything was stopped because of `reason`."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class UnsafeFolder(StackError):
    """Somebody other than its owner could change what is run from `path`."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"{path} must belong to root and be writable by root alone")
        self.path = path


class DatabaseMissing(StackError):
    """The state directory names a database folder that no longer exists."""

    def __init__(self, path: Path) -> None:
        super().__init__(f"the database of this stack is gone from {path}; forget the state first")
        self.path = path


class KafkaJarsMissing(StackError):
    """The resolver returned no jars for the broker."""


class StackNotRunning(StackError):
    """The server has not been started."""
