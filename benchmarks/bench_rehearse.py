"""How long a rehearsal of a million events takes, beside reading the same lines with `json.loads`.

Two agreements of the demonstration, each changed a little and rehearsed against what stands in
contracts/: crimes of the police.uk file, and invented incidents, each repeated under new ids.
Events that look alike to the conditions are decided once, so incidents are run a second time with a
text that differs in each and that a condition looks at. The command's own function is timed, with
everything it does. One JSON object on stdout.
"""

import argparse
import contextlib
import io
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import yaml

from concordat.cli.agreement_rehearse import rehearse
from concordat.publish.demo_data import demo_events
from concordat.runtime.settings import CONTRACTS
from concordat.stack.demonstration import DATA
from concordat_events.envelope import Event, write_event

INCIDENTS = "worcestershire-domestic-abuse", "domestic-abuse.incident-recorded.v1"
RUNS = (
    ("worcestershire-community-safety", "community-safety.crime-recorded.v1", False),
    (*INCIDENTS, False),
    (*INCIDENTS, True),
)
WINDOW = b'"window":"'
TARGET_SECONDS = 60


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, default=1_000_000)
    count = parser.parse_args().events
    played = list(demo_events(DATA, lambda _fault: None))
    runs = [_run(*each, played, count) for each in RUNS]
    figures = {
        "command": f"python benchmarks/bench_rehearse.py --events {count}",
        "commit": _commit(),
        "python": sys.version.split()[0],
        "target_seconds_per_million": TARGET_SECONDS,
        "runs": runs,
    }
    sys.stdout.write(json.dumps(figures) + "\n")


def _run(
    agreement: str, kind: str, distinct: bool, played: list[Event], count: int
) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="concordat-bench-") as name:
        folder = Path(name)
        new, events = folder / "new.yaml", folder / "events.ndjson"
        new.write_text(_changed(CONTRACTS / "agreements" / f"{agreement}.yaml"), encoding="utf-8")
        with events.open("wb") as stream:
            stream.writelines(islice(_repeated(played, kind, distinct), count))
        megabytes = round(events.stat().st_size / 1e6)
        # In turn, so that what else the machine does meets both alike.
        peer = _json_loads(events)
        wall, cpu, told = _rehearse(new, events)
        peer = (peer + _json_loads(events)) / 2
    assert told["decided"] == count, told["faults"]
    return {
        "agreement": agreement,
        "events": count,
        "each_different_to_conditions": distinct,
        "megabytes": megabytes,
        "seconds": round(wall, 1),
        "cpu_seconds": round(cpu, 1),
        "us_per_event": round(wall / count * 1e6, 1),
        "json_loads_seconds": round(peer, 1),
        "ratio_to_json_loads": round(wall / peer, 2),
    }


def _changed(file: Path) -> str:
    """The agreement one version on, without its last share and with one condition less."""
    content = yaml.safe_load(file.read_text(encoding="utf-8"))
    content["version"] += 1
    content["shares"].pop()
    next(share for share in content["shares"] if share.get("when"))["when"].pop()
    return yaml.safe_dump(content, sort_keys=False)


def _repeated(played: list[Event], kind: str, distinct: bool) -> Iterator[bytes]:
    """The events of one kind over and over, each time under an id of its own."""
    texts = [(write_event(event), event.id.encode()) for event in played if event.type == kind]
    if distinct:
        texts = [(text, event_id) for text, event_id in texts if WINDOW in text]
    for number, (text, event_id) in enumerate(cycle(texts)):
        line = text.replace(event_id, b"event-%026d" % number, 1) + b"\n"
        yield line.replace(WINDOW, WINDOW + b"%d " % number) if distinct else line


def _rehearse(new: Path, events: Path) -> tuple[float, float, dict[str, Any]]:
    out = io.StringIO()
    wall, cpu = time.perf_counter(), time.process_time()
    with contextlib.redirect_stdout(out):
        rehearse(new, events=events, json=True)
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    told: dict[str, Any] = json.loads(out.getvalue())
    return wall, cpu, told


def _json_loads(events: Path) -> float:
    started = time.perf_counter()
    with events.open("rb") as stream:
        for line in stream:
            json.loads(line)
    return time.perf_counter() - started


def _commit() -> str:
    return subprocess.check_output(["git", "rev-parse", "--short", "HEAD"], text=True).strip()  # noqa: S607


if __name__ == "__main__":
    main()
