"""Things that run side by side; the first failure ends all, and is the failure of the whole."""

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from typing import Any


@asynccontextmanager
async def beside(*others: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Run `others` until the block ends; when one of them fails, the block fails at once."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in others]
            yield
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from failed


async def run_all(*parts: Coroutine[Any, Any, Any]) -> list[Any]:
    """Run all to their ends and return what they return."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in parts]
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from failed
    return [task.result() for task in tasks]
