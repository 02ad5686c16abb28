from collections.abc import AsyncIterator

import pytest_asyncio

from integration.postgres.databases import Database, empty_database


@pytest_asyncio.fixture
async def unmigrated(postgres: str) -> AsyncIterator[Database]:
    async with empty_database(postgres) as database:
        yield database
