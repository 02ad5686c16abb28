"""Things that run side by side; the first failure ends all, and is the failure of the whole."""

import asyncio
from collections.abc import Coroutine
from typing import Any


async def run_beside(main: Coroutine[Any, Any, None], *others: Coroutine[Any, Any, None]) -> None:
    """Run `main` to its end and cancel the others then; when one of them fails, so does this."""
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(each) for each in others]
            await main
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
