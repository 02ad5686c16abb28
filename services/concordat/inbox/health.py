"""GET /health/live and /health/ready: for whoever runs the process; no agency is asked for."""

import asyncio
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from concordat.inbox.clock_behind import clock_is_behind
from concordat.inbox.database_away import DATABASE_AWAY
from concordat.inbox.dependencies import MAX_BOOK_AGE_SECONDS, Dependencies, Needs
from concordat.inbox.inbox_rows import read_generation
from concordat.inbox.problems import ProblemError, ProblemFound, described

DATABASE_ANSWERS_WITHIN_SECONDS = 2.0

router = APIRouter()


class Live(BaseModel):
    """The process answers."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    live: Literal[True] = True


class Ready(BaseModel):
    """The process can answer agencies."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ready: Literal[True] = True


@router.get("/health/live", summary="Is the process up", responses=described())
async def read_live() -> Live:
    """Say that the process is up."""
    return Live()


@router.get("/health/ready", summary="Can agencies be answered", responses=described(503))
async def read_ready(needs: Needs) -> Ready:
    """Say that database, register, listener and time are right; else 503, and which is not."""
    errors = await _errors_of_database(needs)
    if needs.feed.age() > MAX_BOOK_AGE_SECONDS:
        errors.append(ProblemError(code="REGISTER", message="the register's end is not known"))
    if not needs.arrivals.connected:
        errors.append(ProblemError(code="LISTENER", message="arrivals are not announced"))
    if errors:
        raise ProblemFound(503, "Not ready; see errors.", errors)
    return Ready()


async def _errors_of_database(needs: Dependencies) -> list[ProblemError]:
    try:
        async with asyncio.timeout(DATABASE_ANSWERS_WITHIN_SECONDS):
            await read_generation(needs.pool)
            behind = await clock_is_behind(needs.pool, needs)
    except DATABASE_AWAY:
        return [ProblemError(code="DATABASE", message="the database does not answer")]
    told = "this machine's clock is behind the database's"
    return [ProblemError(code="CLOCK", message=told)] if behind else []
