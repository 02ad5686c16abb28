"""The composition of the HTTP API: endpoints, error answers, the interface's description."""

from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from concordat.inbox import (
    acknowledge_items,
    event_status,
    explain_event,
    health,
    publish_events,
    publish_notices,
    read_inbox,
    read_item,
)
from concordat.inbox.database_away import DATABASE_AWAY
from concordat.inbox.dependencies import Dependencies
from concordat.inbox.edge import Edge
from concordat.inbox.invalid_input import problem_of
from concordat.inbox.problems import KINDS, Problem, ProblemFound, response_to, unavailable
from concordat.runtime.logs import get_logger

OPENAPI_PATH = "/v1/openapi.json"

log = get_logger(__name__)


class InboxApi(FastAPI):
    """The API, describing also what FastAPI does not read or write itself."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI 3.1 document."""
        document = super().openapi()
        schemas = document.setdefault("components", {}).setdefault("schemas", {})
        for model in (Problem, publish_notices.NoticeSubmission):
            schema = model.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= schema.pop("$defs", {})
            schemas[model.__name__] = schema
        return document


def create_app(dependencies: Dependencies | None = None) -> FastAPI:
    """Return the API. Nothing is connected; without `dependencies` it only describes itself."""
    app = InboxApi(
        title="Concordat",
        version="1",
        summary="Publish incident events, read what other agencies may share with you.",
        openapi_url=OPENAPI_PATH,
        docs_url=None,  # their pages load scripts from other hosts
        redoc_url=None,
        swagger_ui_oauth2_redirect_url=None,
        redirect_slashes=False,
    )
    app.state.dependencies = dependencies
    for endpoint in (
        publish_events,
        event_status,
        explain_event,
        acknowledge_items,
        read_inbox,
        read_item,
        publish_notices,
        health,
    ):
        app.include_router(endpoint.router)
    app.add_exception_handler(ProblemFound, _answer)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(RequestValidationError, _answer_invalid)
    for kind in DATABASE_AWAY:
        app.add_exception_handler(kind, _answer_unavailable)
    app.add_middleware(Edge)
    return app


async def _answer(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ProblemFound):
        raise error
    return response_to(error)


async def _answer_http(_request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status: Any = error.status_code if error.status_code in KINDS else 400
    return response_to(ProblemFound(status, headers=error.headers))


async def _answer_invalid(_request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    return response_to(problem_of(error.errors()))


async def _answer_unavailable(_request: Request, error: Exception) -> Response:
    log.warning("unavailable", error=type(error).__name__)
    return response_to(unavailable("A part of the exchange does not answer; try again."))
