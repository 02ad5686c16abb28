"""Health: alive from the start, ready only when it says so, and a reason when not."""

import socket
from collections.abc import Iterator

import httpx
import pytest
from prometheus_client import CollectorRegistry, Counter

from concordat.runtime.health import Health, _QuietHandler, serve_health


@pytest.fixture
def health() -> Health:
    return Health()


@pytest.fixture
def address(health: Health) -> Iterator[str]:
    registry = CollectorRegistry()
    Counter("concordat_test", "A figure.", registry=registry).inc(7)
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    stop = serve_health(health, registry, "127.0.0.1", port)
    yield f"http://127.0.0.1:{port}"
    stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"http://127.0.0.1:{port}/health/live")


def test_a_process_is_alive_before_it_is_ready(address: str) -> None:
    assert httpx.get(f"{address}/health/live").status_code == 200
    ready = httpx.get(f"{address}/health/ready")
    assert (ready.status_code, ready.json()) == (503, {"ready": False, "reason": "starting"})


def test_it_is_ready_while_it_says_so(address: str, health: Health) -> None:
    health.set_ready()
    ready = httpx.get(f"{address}/health/ready")
    assert (ready.status_code, ready.json()) == (200, {"ready": True, "reason": ""})
    health.set_not_ready("REGISTER_STALE")
    again = httpx.get(f"{address}/health/ready")
    assert (again.status_code, again.json()["reason"]) == (503, "REGISTER_STALE")
    assert httpx.get(f"{address}/health/live").status_code == 200


def test_figures_are_served_beside_it(address: str) -> None:
    assert "concordat_test_total 7.0" in httpx.get(f"{address}/metrics").text


@pytest.mark.parametrize("path", ["/", "/health", "/health/live/x", "/metrics/x"])
def test_nothing_else_is_served(address: str, path: str) -> None:
    response = httpx.get(address + path)
    assert (response.status_code, response.content) == (404, b"")


def test_who_says_nothing_keeps_nobody_waiting_for_long(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_QuietHandler, "timeout", 0.2)
    host, port = address.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))):
        assert httpx.get(f"{address}/health/live", timeout=4).status_code == 200
