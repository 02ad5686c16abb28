"""The end of an aiokafka consumer, also while its broker is away."""

import asyncio
from typing import Any


async def stop_consumer(consumer: Any) -> None:
    """Disconnect; raises CancelledError only when the caller is cancelled.

    aiokafka 0.14 cancels a fetch that waits to be tried again, lets that cancellation out as if it
    were the caller's, and leaves its connections open.
    """
    try:
        await consumer.stop()
    except asyncio.CancelledError:
        await consumer._client.close()  # noqa: SLF001 - what `stop` did not come to
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise
