"""No payload in logs: every call of a logger names only allow-listed fields."""

import ast
from collections.abc import Iterator
from pathlib import Path

import structlog
from structlog.testing import CapturingLoggerFactory

from concordat.runtime.logs import ALLOWED_FIELDS, configure_logs, get_logger

SERVICES = Path(__file__).parents[2] / "services" / "concordat"
LEVELS = {"debug", "info", "warning", "error", "critical", "exception"}


def log_calls(source: str) -> Iterator[ast.Call]:
    """Every call `log.<level>(…)` in `source`."""
    for node in ast.walk(ast.parse(source)):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in LEVELS
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "log"
        ):
            yield node


def faults_of(source: str) -> list[str]:
    """What a logger is told beside a constant sentence and allow-listed fields."""
    faults = []
    for call in log_calls(source):
        if len(call.args) != 1 or not isinstance(call.args[0], ast.Constant):
            faults.append(f"line {call.lineno}: the event is not one constant")
        faults += [
            f"line {call.lineno}: {keyword.arg}"
            for keyword in call.keywords
            if keyword.arg not in ALLOWED_FIELDS
        ]
    return faults


def test_every_log_call_names_only_allow_listed_fields() -> None:
    calls, faults = 0, []
    for path in SERVICES.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        calls += len(list(log_calls(source)))
        faults += [f"{path.name}: {fault}" for fault in faults_of(source)]
    assert faults == []
    assert calls > 20


def test_the_check_finds_a_payload_and_a_formatted_sentence() -> None:
    assert faults_of('log.info("handled", payload=event)') == ["line 1: payload"]
    assert faults_of('log.info(f"handled {event}")') == ["line 1: the event is not one constant"]
    assert faults_of('log.info("handled", **fields)') == ["line 1: None"]


def test_a_field_that_is_not_allow_listed_is_dropped_and_named() -> None:
    configure_logs("test")
    captured = CapturingLoggerFactory()
    structlog.configure(logger_factory=captured)
    try:
        get_logger("here").info("handled", count=3, narrative="what somebody said")
    finally:
        structlog.reset_defaults()
    (call,) = captured.logger.calls
    assert "what somebody said" not in call.args[0]
    assert '"count": 3' in call.args[0]
    assert "DROPPED_FIELDS:narrative" in call.args[0]
