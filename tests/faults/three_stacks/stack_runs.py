"""The integration tests run on a stack, and what became of each."""

import asyncio
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from xml.etree import ElementTree

from chosen_stack import Servers
from compose import ROOT, open_compose, variables_of
from faults.bar import Size

SAMPLE = (
    "postgres/test_rights.py",
    "postgres/test_agency_scope.py",
    "kafka/test_topics_admin.py",
    "kafka/test_register_log.py",
    "streams/test_rules_of_topics.py",
)
# These are about the embedded servers themselves, whatever the others run on.
EMBEDDED_ONLY = ("stack", "streams/test_broker_faults.py")
OVERRIDE = ""
"""YAML that is laid over docker-compose.yml."""
_TESTS = ROOT / "tests" / "integration"

Outcomes = Mapping[str, str]


async def run_on(stack: str, size: Size, folder: Path) -> Outcomes:
    """Run the tests and return what became of each, by name; `folder` is for the report."""
    report = folder / f"{stack}.xml"
    with _servers(stack, folder) as servers:
        environment = {**os.environ, "CONCORDAT_TEST_STACK": stack}  # noqa: TID251 - passed on
        if servers is not None:
            environment |= variables_of(servers)
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pytest", "--timeout", "300", f"--junitxml={report}"),
            *selected(stack, size),
            cwd=ROOT,
            env=environment,
            stdout=asyncio.subprocess.DEVNULL,
        )
        try:
            await process.wait()
        finally:
            if process.returncode is None:
                process.terminate()
                await process.wait()
    return read_outcomes(report.read_text(encoding="utf-8")) if report.exists() else {}


def selected(_stack: str, size: Size) -> Iterator[str]:
    """What pytest is told to run on a stack: the same on each."""
    if size == "smoke":
        yield from (str(_TESTS / name) for name in SAMPLE)
    else:
        yield str(_TESTS)
        yield from (f"--ignore={_TESTS / name}" for name in EMBEDDED_ONLY)


def read_outcomes(report: str) -> Outcomes:
    """What became of each test, by its name, in a JUnit report."""
    outcomes: dict[str, str] = {}
    for case in ElementTree.fromstring(report).iter("testcase"):
        bad = [child.tag for child in case if child.tag in ("failure", "error", "skipped")]
        outcomes[f"{case.get('classname')}::{case.get('name')}"] = bad[0] if bad else "passed"
    return outcomes


def _servers(stack: str, folder: Path) -> AbstractContextManager[Servers | None]:
    """What `external` needs; the others start their own."""
    if stack != "external":
        return nullcontext()
    override = folder / "override.yml"
    override.write_text(OVERRIDE, encoding="utf-8")
    return open_compose([override] if OVERRIDE else [])
