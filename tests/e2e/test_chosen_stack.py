"""A stack that is asked for and cannot be had is a failure, never a skip."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def run_on(stack: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pytest", "tests/integration/postgres/test_rights.py"],
        cwd=ROOT,
        env={**os.environ, "CONCORDAT_TEST_STACK": stack, **environment},  # noqa: TID251 - passed on
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_a_docker_engine_the_tests_on_containers_fail(tmp_path: Path) -> None:
    done = run_on("containers", DOCKER_HOST=f"unix://{tmp_path}/nobody-listens.sock")
    assert done.returncode == 1
    assert "no Docker engine answers" in done.stdout + done.stderr
    assert "passed" not in done.stdout
    assert "skipped" not in done.stdout


def test_a_stack_of_another_name_is_refused() -> None:
    done = run_on("elsewhere")
    assert done.returncode == 1
    assert "passed" not in done.stdout
