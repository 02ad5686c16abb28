"""What agencies install needs nothing else of ours, and no Kafka client unless asked for."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

EVENTS = Path(__file__).parents[2] / "events"
TRY_IT = """
import importlib.util, sys
from concordat_events.catalogue import CATALOGUE
from concordat_events.envelope import read_event, write_event
event = read_event(sys.stdin.buffer.read())
assert write_event(read_event(write_event(event))) == write_event(event)
names = ("concordat", "aiokafka", "confluent_kafka", "faust", "fastapi", "asyncpg")
print(event.type in CATALOGUE, [name for name in names if importlib.util.find_spec(name)])
"""


@pytest.mark.timeout(300)
def test_concordat_events_installs_alone(tmp_path: Path) -> None:
    source = shutil.copytree(EVENTS, tmp_path / "events", ignore=shutil.ignore_patterns("*.egg-*"))
    python = tmp_path / "venv" / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    subprocess.run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", source],
        check=True,
    )
    example = next(
        (EVENTS.parent / "contracts/events/examples").glob("community-safety*/valid-*.json")
    )
    done = subprocess.run(
        [python, "-c", TRY_IT],
        input=example.read_bytes(),
        capture_output=True,
        check=True,
        cwd=tmp_path,
    )
    assert done.stdout.decode().strip() == "True []"
