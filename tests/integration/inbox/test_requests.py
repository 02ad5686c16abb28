import asyncio
import json
from typing import Any

import pytest
from structlog.testing import capture_logs

from integration.inbox.api import Api

PROBLEM = "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/inbox", 401),
        ("GET", "/v1/nothing", 404),
        ("GET", "/v1/inbox/", 404),
        ("GET", "/docs", 404),
        ("GET", "/redoc", 404),
        ("GET", "/openapi.json", 404),
        ("DELETE", "/v1/inbox", 405),
        ("OPTIONS", "/v1/events", 405),
    ],
)
async def test_every_error_is_a_problem_document(
    api: Api, method: str, path: str, status: int
) -> None:
    response = await api.call(None, method, path)
    assert response.status_code == response.json()["status"] == status
    assert response.headers["content-type"] == PROBLEM
    assert response.headers["cache-control"] == "no-store"
    assert set(response.json()) == {"type", "title", "status", "detail", "errors"}


async def test_a_refused_method_says_which_are_offered(api: Api) -> None:
    response = await api.call(None, "DELETE", "/v1/inbox/1")
    assert response.headers["allow"] == "GET"


@pytest.mark.parametrize(
    "authorization",
    ["", "Bearer", "Bearer ", "Basic Zebedee", "Bearer Zebedee", "Bearer a.b.c", "Zebedee"],
)
async def test_without_a_token_there_is_nothing(api: Api, authorization: str) -> None:
    headers = {"Authorization": authorization}
    response = await api.call(None, "GET", "/v1/inbox", headers=headers)
    assert response.status_code == 401
    assert response.headers["www-authenticate"].startswith("Bearer")
    assert "Zebedee" not in response.text


async def test_two_tokens_are_none(api: Api) -> None:
    twice = [("Authorization", f"Bearer {api.token(name)}") for name in ("police", "social-care")]
    assert (await api.call(None, "GET", "/v1/inbox", headers=twice)).status_code == 401


async def test_who_calls_is_asked_before_anything_of_the_request_is_read(api: Api) -> None:
    for method, path in (
        ("GET", "/v1/inbox?limit=x&Zebedee=1"),
        ("GET", "/v1/inbox/x"),
        ("POST", "/v1/inbox/ack"),
        ("POST", "/v1/events"),
    ):
        response = await api.call(None, method, path, content=b"x" * 10_000_000)
        assert response.status_code == 401


async def test_a_token_of_an_agency_that_the_register_does_not_know_is_refused(api: Api) -> None:
    response = await api.get("zebedee", "/v1/inbox")
    assert response.status_code == 403
    assert "zebedee" not in response.text


async def test_without_a_fresh_register_nobody_is_an_agency(api: Api) -> None:
    api.feed.seconds_old = float("inf")
    assert (await api.get("zebedee", "/v1/inbox")).status_code == 503
    assert (await api.get("police", "/v1/inbox")).status_code == 503
    assert (await api.acknowledge("police", 1)).status_code == 503


async def test_without_the_database_the_answer_is_to_try_again(api: Api) -> None:
    await api.run("ALTER ROLE concordat_api NOLOGIN")
    try:
        await api.run(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'concordat_api'"
        )
        response = await api.get("police", "/v1/inbox")
        assert response.status_code == 503
        assert response.headers["retry-after"]
        ready = await api.call(None, "GET", "/health/ready")
        assert "DATABASE" in {error["code"] for error in ready.json()["errors"]}
        assert (await api.call(None, "GET", "/health/live")).json() == {"live": True}
    finally:
        await api.run("ALTER ROLE concordat_api LOGIN")


async def test_an_error_nobody_expected_is_told_to_nobody(api: Api) -> None:
    def fail(_reads: int) -> None:
        raise RuntimeError("Zebedee Quartermain")

    api.feed.before_book = fail
    with capture_logs() as logs:
        response = await api.get("police", "/v1/inbox")
    assert response.status_code == 500
    assert response.headers["content-type"] == PROBLEM
    assert response.headers["cache-control"] == "no-store"
    assert "Zebedee" not in response.text + json.dumps(logs)
    failed = next(entry for entry in logs if entry["event"] == "request-failed")
    assert failed["error"] == "RuntimeError"
    assert failed["code"].startswith("test_requests.py:")


async def test_a_request_is_logged_without_its_contents(api: Api) -> None:
    await api.deliver("social-care", 1)
    with capture_logs() as logs:
        await api.get("social-care", "/v1/inbox/1?Zebedee=Quartermain")
        await api.get("social-care", "/v1/inbox?after=Quartermain")
        await api.get("social-care", "/v1/Zebedee")
        await api.call(None, "GET", "/v1/events/Zebedee")
    requests: list[Any] = [entry for entry in logs if entry["event"] == "request"]
    assert [
        (each["method"], each["route"], each["status"], each["agency"]) for each in requests
    ] == [
        ("GET", "/v1/inbox/{seq}", 200, "social-care"),
        ("GET", "/v1/inbox", 422, "social-care"),
        ("", "", 404, ""),
        ("GET", "/v1/events/{event_id}", 401, ""),
    ]
    assert all(each["duration_ms"] > 0 for each in requests)
    assert "Zebedee" not in json.dumps(logs)
    assert "Quartermain" not in json.dumps(logs)


async def test_connections_that_break_at_any_moment_only_ask_to_try_again(api: Api) -> None:
    async def call() -> set[int]:
        return {(await api.get("police", "/v1/inbox")).status_code for _ in range(25)}

    async def cut_connections() -> set[int]:
        for _ in range(15):
            await api.run(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE usename = 'concordat_api'"
            )
        return set()

    statuses = await asyncio.gather(cut_connections(), *(call() for _ in range(4)))
    assert set().union(*statuses) <= {200, 503}
    async with asyncio.timeout(20):
        while True:
            if (await api.get("police", "/v1/inbox")).status_code == 200:
                break
            await asyncio.sleep(0.05)
