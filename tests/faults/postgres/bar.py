"""kill -9 of PostgreSQL under load, again and again; then its disk is full for a while."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from concordat.inbox.database_away import DATABASE_AWAY
from concordat.postgres import pool
from faults.bar import Bar, Ground
from faults.beside import beside
from faults.keeper import Keeper
from faults.outcome import claim_exact, read_outcome
from faults.postgres.acknowledged import Agencies, at_work, claim_kept
from faults.postgres.full_disk import fill_the_disk
from faults.rig import Rig, open_rig

SERVICES = {"admit": 1, "route": 1, "deliver": 2}
STALLED_SECONDS = 120.0


async def run(ground: Ground) -> None:
    """Both parts, each on a database of its own."""
    await kill_it(ground, ground.pick(smoke=6, full=100))
    await fill_the_disk(ground, ground.pick(smoke=1, full=10))


async def kill_it(ground: Ground, kills: int) -> None:
    """Kill the shared server under load; it is started again at once, as a supervisor does."""
    servers = (await ground.stacks.infrastructure()).servers
    restarts: list[float] = []
    healthy: list[float] = []
    async with open_rig(ground) as rig, kept_running(rig, 3 * kills + 10) as keeper:
        async with at_work(rig) as agencies:
            for _ in range(kills):
                await agencies.until_more()
                await asyncio.sleep(ground.draw.random())
                await asyncio.to_thread(servers.kill_postgres)
                began = time.monotonic()
                await asyncio.to_thread(servers.restart_postgres)
                restarts.append(time.monotonic() - began)
                await until_healthy(agencies)
                healthy.append(time.monotonic() - began)
            await agencies.until_all_read(rig)
        await claim_kept(ground.findings, rig, agencies, "kill")
        claim_exact(ground.findings, await read_outcome(rig), agencies.identities())
        claim_nothing_restored(ground, rig)
    ground.findings.least(kills, kills=len(restarts))
    ground.figure(
        restart_seconds=spread(restarts),
        readable_again_seconds=spread(healthy),
        ended={service: dict(ends) for service, ends in keeper.ends.items()},
    )


@asynccontextmanager
async def kept_running(rig: Rig, most_ends: int) -> AsyncIterator[Keeper]:
    """One inbox, which may not end; the others are started again when they end."""
    keeper = Keeper(rig, SERVICES, most_ends)
    inbox = await asyncio.to_thread(rig.start, "inbox")
    await asyncio.to_thread(keeper.start)
    await asyncio.to_thread(rig.until_works, "inbox")
    async with beside(keeper.run()):  # its end is that of the bar
        yield keeper
    assert inbox.is_running, f"the API ended: {inbox.tail()}"


async def until_healthy(agencies: Agencies) -> None:
    """Wait until a page is answered."""
    before = agencies.answers["200"]
    async with asyncio.timeout(STALLED_SECONDS):
        while agencies.answers["200"] == before:  # noqa: ASYNC110 - others count
            await asyncio.sleep(0.01)


def claim_nothing_restored(ground: Ground, rig: Rig) -> None:
    """Claim that deliver never found the database older than what it had delivered."""
    waited = [
        worker.said("waits for an operator")
        for worker in rig.workers.values()
        if worker.service == "deliver"
    ]
    ground.findings.none(taken_for_restored=sum(map(len, waited)))


def spread(seconds: list[float]) -> dict[str, float]:
    """The middle and the most of some times."""
    ordered = sorted(seconds)
    return {"p50": round(ordered[len(ordered) // 2], 2), "most": round(ordered[-1], 2)}


def commit_not_awaited(patch: pytest.MonkeyPatch) -> None:
    """Answer before what was committed is written."""
    settings = pool.session_settings

    def careless(**options: float) -> dict[str, str]:
        return {**settings(**options), "synchronous_commit": "off"}

    patch.setattr(pool, "session_settings", careless)


def full_disk_is_a_defect(patch: pytest.MonkeyPatch) -> None:
    """Know a database that is away, but not one that cannot write."""
    away = tuple(each for each in DATABASE_AWAY if "Resources" not in each.__name__)
    patch.setattr("concordat.inbox.app.DATABASE_AWAY", away)


BAR = Bar(
    "postgres",
    ("P2",),
    run,
    60,
    {"commit-not-awaited": commit_not_awaited, "full-disk-is-a-defect": full_disk_is_a_defect},
)
