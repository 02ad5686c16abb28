"""The one line that a bar prints."""

import json
import subprocess
from pathlib import Path

from faults.bar import Ground
from faults.findings import Findings

ROOT = Path(__file__).parents[2]


def line_of(ground: Ground, commit: str, seconds: float) -> str:
    """Return the bar's JSON: name, seed, commit (where it began), size, figures, verdict."""
    findings = ground.findings
    told = {
        "name": ground.bar.name,
        "promises": ground.bar.promises,
        "size": ground.size,
        "seed": ground.seed,
        "commit": commit,
        **({"planted": ground.bug} if ground.bug else {}),
        "seconds": round(seconds, 1),
        "figures": findings.figures,
        "broken": findings.broken,
        "verdict": _verdict(findings),
    }
    return json.dumps(told)


def _verdict(findings: Findings) -> str:
    if findings.crashed:
        return "crashed"
    return "holds" if findings.hold else "broken"


def commit_now() -> str:
    """The commit that the tree is at; `+` when the tree has changes on top of it."""
    found = _git("rev-parse", "--short", "HEAD")
    changed = _git("status", "--porcelain", "--untracked-files=no")
    return found + ("+" if changed else "")


def _git(*arguments: str) -> str:
    return subprocess.check_output(["git", *arguments], cwd=ROOT, text=True).strip()
