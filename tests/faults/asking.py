"""Requests to the API while it may know nothing for sure."""

import asyncio
from typing import Any

import httpx

ANSWERED_SECONDS = 120.0


async def ask(client: httpx.AsyncClient, method: str, path: str, **sent: Any) -> httpx.Response:
    """The API's answer; while its book is too old (503) it is asked again."""
    async with asyncio.timeout(ANSWERED_SECONDS):
        while True:
            answer = await client.request(method, path, **sent)
            if answer.status_code != httpx.codes.SERVICE_UNAVAILABLE:
                return answer
            await asyncio.sleep(0.1)
