"""Files and functions stay small enough to be read at once."""

import ast
import statistics
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCES = [
    path
    for folder in ("events/concordat_events", "services/concordat")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.name != "__init__.py" and "build" not in path.parts
]


def lengths_of_functions(path: Path) -> list[tuple[int, str]]:
    """Lines and name of every function in a file."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [
        ((node.end_lineno or node.lineno) - node.lineno + 1, f"{path.name}:{node.name}")
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]


def test_no_file_is_longer_than_250_lines() -> None:
    lines = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert [name for name, count in lines.items() if count > 250] == []
    assert statistics.median(lines.values()) <= 90


def test_functions_are_short() -> None:
    functions = [each for path in SOURCES for each in lengths_of_functions(path)]
    assert [name for length, name in functions if length > 45] == []
    assert statistics.median(length for length, _ in functions) <= 10
