"""PostgreSQL on a disk of its own that is filled: what is acknowledged stays, the rest waits."""

import asyncio
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from concordat.stack.forking_thread import ForkingThread
from concordat.stack.ports import pick_port
from concordat.stack.postgres_server import PostgresServer
from concordat.stack.state_directory import StateDirectory
from faults.bar import Ground
from faults.outcome import claim_exact, read_outcome
from faults.postgres.acknowledged import Agencies, at_work, claim_kept
from faults.rig import Rig, open_rig
from faults.small_disk import Disk, small_disk

_MORE_TIMES = 3
_DISK_MIB = 2048
"""The server keeps up to 1 GiB of WAL before it takes any of it away."""
FULL_SECONDS, AGAIN_SECONDS = 120.0, 120.0


async def fill_the_disk(ground: Ground, times: int) -> None:
    """Fill it under load until nothing can be written, make room, and compare all."""
    from faults.postgres.bar import kept_running  # noqa: PLC0415 - it runs this part

    kafka = (await ground.stacks.infrastructure()).kafka
    with own_server() as (server, disk):
        addresses = kafka, server.superuser_dsn
        filled = ended = refused = 0
        async with (
            open_rig(ground, servers=addresses) as rig,
            kept_running(rig, 40 * times + 20) as keeper,
        ):
            async with at_work(rig) as agencies, room_again(server, disk):
                # One that ends at once never says that it is full; under a limit all end.
                more = _MORE_TIMES if disk.way == "tmpfs" else 0
                while filled < times or (filled == ended and filled < times + more):
                    filled += 1
                    await agencies.until_more()
                    refused += await _until_full(rig, agencies, server, disk)
                    ended += await _make_room(server, disk)
                    await _until_works(agencies)
                await agencies.until_all_read(rig)
            await claim_kept(ground.findings, rig, agencies, "full")
            exact = await read_outcome(rig)
            claim_exact(ground.findings, exact, agencies.identities())
    ground.findings.least(times, disks_filled=filled, full_disk_refused_with_503=refused)
    if disk.way == "tmpfs":
        ground.findings.least(1, servers_that_ran_on_a_full_disk=filled - ended)
    ground.figure(
        file_system=disk.way,
        servers_ended_by_a_full_disk=ended,
        full_disk_ended={service: dict(ends) for service, ends in keeper.ends.items()},
    )


async def _until_full(rig: Rig, agencies: Agencies, server: PostgresServer, disk: Disk) -> int:
    """Take all room, wait until readers are refused and deliver is behind; count the 503."""
    assert server.child is not None
    await asyncio.to_thread(disk.fill, server.child.pid)
    before, refused_before = agencies.answers["503"], agencies.refused
    async with asyncio.timeout(FULL_SECONDS):
        stands_still = False
        while agencies.refused - refused_before < 10 or not stands_still:
            await asyncio.sleep(0.1)
            stands_still = await _stands_still(rig)
    return agencies.answers["503"] - before


async def _stands_still(rig: Rig) -> bool:
    """Whether deliver says that its last step failed, or that the database is away."""
    delivering = [await asyncio.to_thread(each.ready) for each in rig.of("deliver")]
    return not any(ready for ready, _ in delivering)


@asynccontextmanager
async def room_again(server: PostgresServer, disk: Disk) -> AsyncIterator[None]:
    """Leave a server that runs, with room, however the block ends: what comes after it writes."""
    try:
        yield
    finally:
        await _make_room(server, disk)


async def _make_room(server: PostgresServer, disk: Disk) -> bool:
    """Make room; a server that a full disk has ended is started again, as a supervisor does."""
    disk.make_room()
    child = server.child
    await asyncio.sleep(1)
    ended = child is None or child.death is not None
    if ended:
        await asyncio.to_thread(server.stop)
        await asyncio.to_thread(server.start)
    return ended


async def _until_works(agencies: Agencies) -> None:
    """Wait until more is read and acknowledged, without anybody's help."""
    async with asyncio.timeout(AGAIN_SECONDS):
        await agencies.until_more()


@contextmanager
def own_server() -> Iterator[tuple[PostgresServer, Disk]]:
    """A server with all it stores on a small disk, where its unprivileged account may come."""
    folder = Path("/var/tmp") / f"concordat-disk-{secrets.token_hex(4)}"
    with small_disk(folder, _DISK_MIB) as disk:
        state = StateDirectory(folder / "state")
        state.claim()
        forks = ForkingThread()
        server = PostgresServer(state, forks, port=pick_port(), root_folder=folder / "postgres")
        try:
            server.start()
            yield server, disk
        finally:
            disk.make_room()
            server.destroy()
            forks.close()
            state.release()
    shutil.rmtree(folder, ignore_errors=True)
    assert not os.path.ismount(folder)
