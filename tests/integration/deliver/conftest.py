from collections.abc import AsyncIterator

import pytest_asyncio

from integration.deliver.exchange import Exchange, open_exchange
from integration.postgres.databases import fresh_database


@pytest_asyncio.fixture
async def exchange(kafka: str, postgres: str) -> AsyncIterator[Exchange]:
    async with fresh_database(postgres) as database, open_exchange(kafka, database) as exchange:
        yield exchange
