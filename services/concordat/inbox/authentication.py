"""Who is calling: every endpoint but health asks for `Caller`."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from concordat.inbox.dependencies import Needs
from concordat.inbox.problems import ProblemFound
from concordat.inbox.tokens import TokenRefused

_BEARER = HTTPBearer(
    auto_error=False,
    bearerFormat="JWT",
    scheme_name="agency",
    description="A JWT signed with Ed25519; `sub` is the agency's id; lives at most 10 minutes.",
)

_Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_BEARER)]


async def _authenticate(request: Request, needs: Needs, credentials: _Credentials) -> str:
    if credentials is None or len(request.headers.getlist("authorization")) != 1:
        raise ProblemFound(401)
    try:
        agency = needs.tokens.verify(credentials.credentials)
    except TokenRefused:
        invalid = {"WWW-Authenticate": 'Bearer error="invalid_token"'}
        raise ProblemFound(401, headers=invalid) from None
    if agency not in needs.book_now().agencies:
        raise ProblemFound(403)
    request.state.agency = agency
    return agency


Caller = Annotated[str, Depends(_authenticate)]
"""The id of the agency that a valid token names and the register knows."""
