"""Whether a process is ready, and why not: one small HTTP endpoint per process."""

import threading
from collections.abc import Callable, Iterable
from typing import Any, Protocol
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

import msgspec
from prometheus_client import CollectorRegistry, make_wsgi_app


class Health:
    """A flag with a reason; written by the process's loop, read by anyone."""

    def __init__(self) -> None:
        self._why_not: str | None = "starting"  # one value, so that no reader sees half a change

    @property
    def ready(self) -> bool:
        """Work is being done."""
        return self._why_not is None

    @property
    def reason(self) -> str:
        """Why not; empty when ready."""
        return self._why_not or ""

    def set_ready(self) -> None:
        """Say that work is being done."""
        self._why_not = None

    def set_not_ready(self, reason: str) -> None:
        """Say why no work is done; `reason` is a code, never data."""
        self._why_not = reason


class Readiness(Protocol):
    """Whether work is being done, and if not, why: a code or a fixed sentence, never data."""

    @property
    def ready(self) -> bool:
        """Work is being done."""
        ...

    @property
    def reason(self) -> str:
        """Why not."""
        ...


def serve_health(
    health: Readiness, registry: CollectorRegistry, host: str, port: int
) -> Callable[[], None]:
    """Serve /health/live, /health/ready and /metrics from a daemon thread; return what stops it."""
    server = make_server(host, port, _app(health, registry), _Server, _QuietHandler)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return stop


class _Server(WSGIServer):
    allow_reuse_address = True


class _QuietHandler(WSGIRequestHandler):
    timeout = 5
    """Seconds: requests are answered one by one, and one who says nothing is not waited for."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base's name
        """No access log."""


def _app(health: Readiness, registry: CollectorRegistry) -> Callable[..., Iterable[bytes]]:
    metrics = make_wsgi_app(registry)

    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if path == "/metrics":
            return metrics(environ, start_response)  # type: ignore[no-any-return]
        if path not in ("/health/live", "/health/ready"):
            start_response("404 Not Found", [("content-length", "0")])
            return [b""]
        ready = health.ready or path == "/health/live"
        body = msgspec.json.encode({"ready": health.ready, "reason": health.reason})
        status = "200 OK" if ready else "503 Service Unavailable"
        start_response(status, [("content-type", "application/json")])
        return [body]

    return app
