"""Requests to the API of a running exchange."""

from typing import Any

import httpx

from waiting import until


def ask(client: httpx.Client, method: str, url: str, **options: Any) -> httpx.Response:
    """The API's answer; while it knows nothing for sure (503) it is asked again."""
    answers: list[httpx.Response] = []

    def answered() -> bool:
        answers.append(client.request(method, url, **options))
        return answers[-1].status_code != httpx.codes.SERVICE_UNAVAILABLE

    until(answered, "the API answers")
    return answers[-1]
