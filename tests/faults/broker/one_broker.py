"""One broker and one PostgreSQL of the bar's own, with the settings of `concordat up`.

The broker that bars share is set for heavy load, which pays off after minutes; this one is started
again every few seconds.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from concordat.stack.embedded import EmbeddedInfrastructure
from concordat.stack.state_directory import StateDirectory
from faults.bar import Ground


@asynccontextmanager
async def open_servers(
    ground: Ground,
) -> AsyncIterator[tuple[EmbeddedInfrastructure, tuple[str, str]]]:
    """The servers, and where Kafka and PostgreSQL are; deleted on leaving."""
    state = StateDirectory(ground.stacks.folder("one-broker") / "state")
    servers = EmbeddedInfrastructure(state, lambda _: None)
    try:
        started = await asyncio.to_thread(servers.start)
        yield servers, (started.kafka, started.postgres)
    finally:
        await asyncio.to_thread(servers.destroy)
