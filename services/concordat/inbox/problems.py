"""Errors as RFC 9457 problem documents. They never repeat anything of the request."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict
from starlette.responses import Response

from concordat_events.faults import Fault

MEDIA_TYPE = "application/problem+json"
RETRY_AFTER_SECONDS = 2


class ProblemError(BaseModel):
    """One thing that is wrong: `path` holds declared names only, `index` the event in a batch."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    path: str = ""
    message: str
    index: int | None = None


class Problem(BaseModel):
    """What every error answer holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    type: str
    title: str
    status: int
    detail: str
    errors: list[ProblemError] = []


Status = Literal[400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 500, 503]

KINDS: Mapping[int, tuple[str, str, str]] = MappingProxyType(
    {
        400: ("bad-request", "Bad request", "The request cannot be read."),
        401: ("not-authenticated", "Not authenticated", "A valid bearer token is needed."),
        403: ("not-allowed", "Not allowed", "The token does not allow this."),
        404: ("not-found", "Not found", "It does not exist, or it is not yours to see."),
        405: ("method-not-allowed", "Method not allowed", "This method is not offered here."),
        409: (
            "inbox-restored",
            "The inbox was restored",
            "The cursor is from before the inbox was restored. Start again without `after`.",
        ),
        410: ("stopped", "No longer readable", "This item may no longer be read."),
        413: ("too-large", "Too large", "The body is larger than is accepted here."),
        415: ("unsupported-media-type", "Unsupported media type", "This content is not accepted."),
        422: ("invalid", "Invalid", "The request is understood and not acceptable; see errors."),
        500: ("internal-error", "Internal error", "The exchange failed to answer this request."),
        503: ("unavailable", "Unavailable", "The exchange cannot answer safely now; try again."),
    }
)


class ProblemFound(Exception):
    """The request ends with a problem document."""

    def __init__(
        self,
        status: Status,
        detail: str | None = None,
        errors: Sequence[ProblemError] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(KINDS[status][0])
        self.status = status
        self.detail = detail
        self.errors = errors
        self.headers = headers


def not_found() -> ProblemFound:
    """The one answer for what is unknown and for what is another agency's."""
    return ProblemFound(404)


def invalid(code: str, path: str, message: str) -> ProblemFound:
    """A 422 with one error."""
    return ProblemFound(422, errors=[ProblemError(code=code, path=path, message=message)])


def unavailable(detail: str) -> ProblemFound:
    """A 503 that names what is missing."""
    return ProblemFound(503, detail)


def error_of(fault: Fault, index: int | None = None) -> ProblemError:
    """Return the error that says `fault`."""
    return ProblemError(code=fault.code.value, path=fault.path, message=fault.message, index=index)


def response_to(problem: ProblemFound) -> Response:
    """Return the answer that says `problem`."""
    slug, title, detail = KINDS[problem.status]
    document = Problem(
        type=f"urn:concordat:problem:{slug}",
        title=title,
        status=problem.status,
        detail=problem.detail or detail,
        errors=list(problem.errors),
    )
    headers = dict(problem.headers or {})
    if problem.status == 401:
        headers.setdefault("WWW-Authenticate", "Bearer")
    if problem.status == 503:
        headers.setdefault("Retry-After", str(RETRY_AFTER_SECONDS))
    content = document.model_dump_json(exclude_none=True)
    return Response(content, problem.status, headers, MEDIA_TYPE)


def described(*statuses: Status) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of the answers with these statuses."""
    content = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": KINDS[status][1], "content": content} for status in statuses}
