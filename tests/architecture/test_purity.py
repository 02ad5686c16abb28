"""The pure core does no I/O, knows no framework, and builds nothing when it is imported."""

import ast
import json
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import concordat.agreements
import concordat.stages
import concordat_events

FORBIDDEN = {
    "faust",
    "aiokafka",
    "confluent_kafka",
    "asyncpg",
    "psycopg",
    "sqlalchemy",
    "alembic",
    "fastapi",
    "starlette",
    "uvicorn",
    "httpx",
    "structlog",
    "prometheus_client",
    "pydantic_settings",
    "typer",
    "asyncio",
    "socketserver",
    "concordat.runtime",
    "concordat.kafka.register_feed",
}
# What a pure module may not even name, though the interpreter itself has loaded it.
NO_IO = {"os", "io", "socket", "subprocess", "threading", "time", "random", "logging", "pathlib"}
PACKAGES = [concordat.agreements, concordat.stages]
ROOTS = [Path(*map(str, package.__path__)) for package in PACKAGES]
EVENTS = Path(*concordat_events.__path__)
EXTRAS = {"publisher.py", "client.py"}

PROBE = """
import json, sys, threading
before = set(sys.modules)
IMPORTS
loaded = sorted(set(sys.modules) - before)
print(json.dumps({"modules": loaded, "threads": threading.active_count()}))
"""


def _modules() -> list[str]:
    return [
        found.name
        for package in PACKAGES
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
    ]


def _import_alone(*names: str) -> tuple[set[str], int]:
    """What importing these modules loads in a fresh interpreter, and how many threads then run."""
    done = subprocess.run(
        [sys.executable, "-c", PROBE.replace("IMPORTS", _imports(names))],
        env={"PYTHONPATH": ":".join(path for path in sys.path if path)},
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stderr == ""
    told = json.loads(done.stdout)
    return set(told["modules"]), told["threads"]


def _imports(names: tuple[str, ...]) -> str:
    return "\n".join(f"import {name}" for name in names)


def test_there_is_a_pure_core_to_look_at() -> None:
    assert {"concordat.agreements.decide", "concordat.stages.route"} <= set(_modules())


def test_the_pure_core_loads_no_io_and_no_framework() -> None:
    loaded, threads = _import_alone(*_modules())
    assert "concordat.stages.admit" in loaded
    assert loaded & FORBIDDEN == set()
    assert threads == 1


def test_what_agencies_install_loads_no_client_unless_asked() -> None:
    loaded, _ = _import_alone("concordat_events.envelope", "concordat_events.delivery")
    assert loaded & (FORBIDDEN | {"concordat", "yaml", "joserfc"}) == set()


def test_the_check_sees_what_is_forbidden() -> None:
    loaded, _ = _import_alone("aiokafka")
    assert "aiokafka" in loaded & FORBIDDEN


def _named(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.split(".")[0])
    return found


def _files(root: Path) -> list[Path]:
    return [path for path in sorted(root.rglob("*.py")) if path.name not in EXTRAS]


CORE = [path for root in [*ROOTS, EVENTS] for path in _files(root)]


@pytest.mark.parametrize("path", CORE, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_pure_module_names_a_module_of_io(path: Path) -> None:
    assert _named(ast.parse(path.read_text())) & NO_IO == set()


@pytest.mark.parametrize("path", CORE, ids=lambda path: f"{path.parent.name}/{path.name}")
def test_no_pure_module_acts_or_opens_or_asks_for_the_time(path: Path) -> None:
    tree = ast.parse(path.read_text())
    loose = [
        node
        for node in tree.body
        if isinstance(node, ast.Expr)
        and not (isinstance(node.value, ast.Constant) and isinstance(node.value.value, str))
    ]
    assert [ast.unparse(node) for node in loose] == []
    calls = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert calls & {"open", "print", "input", "exec", "eval", "datetime.now", "date.today"} == set()
