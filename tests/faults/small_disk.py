"""A disk of a server's own that can be filled: a small file system where mounting is allowed."""

import errno
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import psutil

_ROOM_MIB = 4
_MIB = 1024 * 1024
_MOUNT, _UNMOUNT = shutil.which("mount"), shutil.which("umount")

Way = Literal["tmpfs", "file size limit"]


@dataclass(frozen=True)
class Disk:
    """What is behind `folder`.

    Where nothing may be mounted, the server alone is forbidden to write files any larger: it sees
    its writes fail, as on a full disk, but with another error, and ends of it.
    """

    folder: Path
    way: Way

    @property
    def sentence(self) -> str:
        """What a broker's end must be said to mean."""
        return "its disk is full; make room" if self.way == "tmpfs" else "its disk failed"

    def fill(self, server: int) -> None:
        """Leave next to nothing to write for this process and those that it has started."""
        if self.way == "tmpfs":
            with self._ballast.open("wb") as file:
                while not self._taken(file.fileno()):
                    pass  # the server took some of it in between
        else:
            first = psutil.Process(server)
            for process in (first, *first.children(recursive=True)):
                with suppress(psutil.NoSuchProcess):
                    process.rlimit(psutil.RLIMIT_FSIZE, (_MIB, _MIB))

    def _taken(self, ballast: int) -> bool:
        free = shutil.disk_usage(self.folder).free - _ROOM_MIB * _MIB
        if free <= 0:
            return True
        try:
            os.posix_fallocate(ballast, os.fstat(ballast).st_size, free)
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return False
        return True

    def make_room(self) -> None:
        """Undo it; a limit has ended with its process."""
        self._ballast.unlink(missing_ok=True)

    @property
    def _ballast(self) -> Path:
        return self.folder / "ballast"


@contextmanager
def small_disk(folder: Path, mib: int = 256) -> Iterator[Disk]:
    """A new folder, with a file system of its own of this size if this machine allows it."""
    folder.mkdir(parents=True)
    mounted = _mount(folder, mib)
    try:
        yield Disk(folder, "tmpfs" if mounted else "file size limit")
    finally:
        if mounted:
            subprocess.run([str(_UNMOUNT), str(folder)], check=True)


def _mount(folder: Path, mib: int) -> bool:
    if _MOUNT is None or _UNMOUNT is None:
        return False
    command = [_MOUNT, "-t", "tmpfs", "-o", f"size={mib}m", "tmpfs", str(folder)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
