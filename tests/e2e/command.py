"""The `concordat` command as a person runs it: a process of its own, its streams, its exit code."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
CONCORDAT = (sys.executable, "-m", "concordat.cli.main")


@dataclass(frozen=True)
class Answer:
    """How a command ended: its exit code, data on stdout, progress on stderr."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its stdout, which must be one JSON value and nothing else."""
        return json.loads(self.out)

    @property
    def ndjson(self) -> list[Any]:
        """Its stdout, which must be one JSON value a line."""
        return [json.loads(line) for line in self.out.splitlines()]


def environment() -> dict[str, str]:
    """The surroundings of a command: nothing in them names a stack."""
    every = dict(os.environ)  # noqa: TID251 - passed on to a child
    ours = {name: value for name, value in every.items() if not name.startswith("CONCORDAT_")}
    return {**ours, "PYTHONPATH": os.pathsep.join((f"{ROOT}/services", f"{ROOT}/events"))}


def concordat(
    *arguments: str | Path, folder: Path, seconds: float = 240, **variables: str
) -> Answer:
    """Run `concordat ARGUMENTS` in `folder` to its end, with further environment variables."""
    done = subprocess.run(
        [*CONCORDAT, *map(str, arguments)],
        cwd=folder,
        env=environment() | variables,
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)
