"""What pydantic finds wrong with a request, said without any of the request.

FastAPI's own answer repeats the value that was sent, which may be a person's name.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from concordat.inbox.problems import ProblemError, ProblemFound

# Their sentences quote the rule and nothing else.
_QUOTE_THE_RULE = frozenset(
    ["greater_than_equal", "less_than_equal", "string_too_long", "too_short", "too_long"]
)


def problem_of(details: Sequence[Mapping[str, Any]]) -> ProblemFound:
    """Return the 422 that tells `details` (pydantic's error list).

    Only for models without mappings: the places it tells must be declared names.
    """
    return ProblemFound(422, errors=[_error(detail) for detail in details])


def _error(detail: Mapping[str, Any]) -> ProblemError:
    kind, loc = detail["type"], detail["loc"]
    if kind == "extra_forbidden":
        # The name itself may be personal data, so only its place is told.
        message = "has a name that is not declared"
        return ProblemError(code="UNDECLARED", path=_path(loc[:-1]), message=message)
    if kind == "missing":
        return ProblemError(code="MISSING", path=_path(loc), message="is missing")
    if kind in _QUOTE_THE_RULE:
        message = str(detail["msg"])
        message = message[:1].lower() + message[1:]
        return ProblemError(code="WRONG_VALUE", path=_path(loc), message=message)
    if kind == "json_invalid":
        return ProblemError(code="NOT_JSON", message="is not JSON")
    message = "is not what the contract declares"
    return ProblemError(code="WRONG_TYPE", path=_path(loc), message=message)


def _path(loc: Sequence[int | str]) -> str:
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
