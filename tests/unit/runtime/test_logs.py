"""P7: a log line holds allow-listed fields, whatever a line of code hands it."""

import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from concordat.runtime.logs import ALLOWED_FIELDS, configure_logs, get_logger


@pytest.fixture(autouse=True)
def _logs_as_found() -> Iterator[None]:
    handlers = list(logging.getLogger().handlers)
    yield
    logging.getLogger().handlers[:] = handlers
    structlog.contextvars.clear_contextvars()
    structlog.reset_defaults()


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [json.loads(line) for line in captured.err.splitlines()]


def test_an_allowed_field_is_written_with_service_level_and_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("route")
    get_logger("a.module").info("routed", count=3, reason="EXPIRED")
    (line,) = _lines(capsys)
    assert str(line.pop("timestamp")).endswith("Z")
    assert line == {
        "event": "routed",
        "level": "info",
        "service": "route",
        "module": "a.module",
        "count": 3,
        "reason": "EXPIRED",
    }


def test_any_other_field_is_dropped_and_only_its_name_reported(
    capsys: pytest.CaptureFixture[str],
) -> None:
    configure_logs("route")
    get_logger("a").warning("routed", payload={"name": "Jane"}, victim="Jane", count=1)
    (line,) = _lines(capsys)
    assert "Jane" not in json.dumps(line)
    assert line["code"] == "DROPPED_FIELDS:payload,victim"
    assert line["count"] == 1


def test_a_bound_field_is_no_way_around_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("route")
    structlog.contextvars.bind_contextvars(subject="Jane")
    get_logger("a").bind(name="Jane").error("stopped")
    (line,) = _lines(capsys)
    assert "Jane" not in json.dumps(line)


def test_an_exception_is_not_written_out(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("route")
    try:
        raise ValueError("Jane")
    except ValueError:
        get_logger("a").exception("failed", error_code="VALUE")
    (line,) = _lines(capsys)
    assert "Jane" not in json.dumps(line)


@pytest.mark.parametrize("name", ["data", "payload", "value", "body", "name", "subject", "key"])
def test_nothing_that_could_hold_a_payload_is_allowed(name: str) -> None:
    assert name not in ALLOWED_FIELDS
