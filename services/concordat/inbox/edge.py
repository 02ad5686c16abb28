"""The outermost layer: nothing is cached, every request is logged without its contents,
and an error that nobody expected is answered without a word of it.
"""

import time
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from concordat.inbox.problems import ProblemFound, response_to
from concordat.runtime.logs import get_logger

log = get_logger(__name__)

_HEADERS = [(b"cache-control", b"no-store"), (b"x-content-type-options", b"nosniff")]


class Edge:
    """ASGI middleware; logs the route's template, never the path, the query or a header."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 0

        async def send_on(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message.get("headers", []), *_HEADERS]
            await send(message)

        try:
            await self._app(scope, receive, send_on)
        except Exception as error:  # noqa: BLE001 - its text may hold data: it stops here
            # No traceback, for the same reason.
            log.error("request-failed", error=type(error).__name__, code=_place(error))  # noqa: TRY400
            if not status:
                await response_to(ProblemFound(500))(scope, receive, send_on)
        _log(scope, status, time.perf_counter() - started)


def _log(scope: MutableMapping[str, Any], status: int, seconds: float) -> None:
    log.info(
        "request",
        method=scope["method"] if scope.get("route") else "",
        route=getattr(scope.get("route"), "path", ""),
        status=status,
        agency=scope.get("state", {}).get("agency", ""),
        duration_ms=round(seconds * 1000, 1),
    )


def _place(error: Exception) -> str:
    """Return the file and line that raised `error`: enough to find it, and nobody's data."""
    place = error.__traceback__
    while place and place.tb_next:
        place = place.tb_next
    return f"{Path(place.tb_frame.f_code.co_filename).name}:{place.tb_lineno}" if place else ""
