import json
from typing import Any

import httpx
import pytest

from concordat.inbox.app import create_app
from concordat.inbox.problems import MEDIA_TYPE


def operations() -> list[tuple[str, dict[str, Any]]]:
    paths = create_app().openapi()["paths"]
    return [
        (f"{method} {path}", operation)
        for path, methods in paths.items()
        for method, operation in methods.items()
    ]


@pytest.mark.parametrize(("name", "operation"), operations(), ids=lambda each: str(each)[:40])
def test_every_error_answer_is_described_as_a_problem(name: str, operation: dict[str, Any]) -> None:
    errors = {
        status: list(answer["content"])
        for status, answer in operation["responses"].items()
        if int(status) >= 400
    }
    assert all(content == [MEDIA_TYPE] for content in errors.values())
    if not name.endswith("/health/live"):
        assert "503" in errors


def test_the_description_is_complete_and_the_same_every_time() -> None:
    app = create_app()
    document = json.dumps(app.openapi())
    assert document == json.dumps(app.openapi()) == json.dumps(create_app().openapi())
    defined = set(json.loads(document)["components"]["schemas"])
    used = {part.split('"')[0] for part in document.split("#/components/schemas/")[1:]}
    assert used <= defined
    assert "HTTPValidationError" not in document


async def test_the_description_is_served_to_anybody_and_nothing_else_is() -> None:
    transport = httpx.ASGITransport(create_app())
    async with httpx.AsyncClient(transport=transport, base_url="http://inbox") as client:
        described = await client.get("/v1/openapi.json")
        assert described.json() == create_app().openapi()
        assert described.headers["cache-control"] == "no-store"
        assert (await client.get("/v1/inbox")).status_code == 503
        assert (await client.get("/health/live")).status_code == 200
