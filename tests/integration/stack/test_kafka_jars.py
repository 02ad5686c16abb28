import time
from pathlib import Path

from concordat.stack.kafka_jars import resolve_jars


def test_jars_once_resolved_are_found_at_once(tmp_path: Path) -> None:
    first = resolve_jars(tmp_path)
    began = time.monotonic()
    assert resolve_jars(tmp_path) == first
    assert time.monotonic() - began < 0.2
    assert len(first) > 50


def test_remembered_jars_that_are_gone_are_resolved_again(tmp_path: Path) -> None:
    first = resolve_jars(tmp_path)
    (memory,) = tmp_path.glob("*.json")
    memory.write_text('["/gone.jar"]')
    assert resolve_jars(tmp_path) == first
