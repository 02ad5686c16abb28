"""An agency's token with every request of a client, made anew before it expires."""

import time
from collections.abc import Callable, Generator

import httpx

from concordat.inbox.tokens import MAX_LIFETIME_SECONDS

_NEW_AFTER_SECONDS = MAX_LIFETIME_SECONDS / 2


class Bearer(httpx.Auth):
    """`issue` makes a token; a request that has one of its own keeps it."""

    def __init__(self, issue: Callable[[], str]) -> None:
        self._issue, self._token, self._issued = issue, "", float("-inf")

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Give the request its token."""
        if time.monotonic() - self._issued > _NEW_AFTER_SECONDS:
            self._token, self._issued = self._issue(), time.monotonic()
        request.headers.setdefault("Authorization", f"Bearer {self._token}")
        yield request
