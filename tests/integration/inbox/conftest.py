from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from integration.inbox.api import Api, open_api
from integration.postgres.databases import Database, fresh_database


@pytest_asyncio.fixture(scope="session")
async def inbox_database(postgres: str) -> AsyncIterator[Database]:
    """One database for the tests of the API."""
    async with fresh_database(postgres) as database:
        yield database


@pytest_asyncio.fixture
async def api(inbox_database: Database, tmp_path: Path) -> AsyncIterator[Api]:
    """The API over an empty database."""
    async with open_api(inbox_database, tmp_path) as opened:
        tables = ("event", "repeat", "redecision", "delivery", "stub")
        await opened.run("TRUNCATE " + ", ".join(f"concordat.{table}" for table in tables))
        yield opened
