"""Let deliver read `routed` from its start again: what is stored already has no effect."""

import asyncpg

from concordat.deliver.errors import WriterActive
from concordat.deliver.writer_lock import open_writer_lock


async def forget_positions(dsn: str, topic: str) -> int:
    """Forget all positions of `topic`, as `concordat_deliver`; return how many there were.

    Raises `WriterActive` while a process delivers.
    """
    async with open_writer_lock(dsn) as lock:
        if not await lock.take_soon():
            raise WriterActive
        connection = await asyncpg.connect(dsn)
        try:
            done = await connection.execute(
                "DELETE FROM concordat.consumed WHERE topic = $1", topic
            )
        finally:
            await connection.close()
    return int(done.removeprefix("DELETE "))
