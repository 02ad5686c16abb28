"""Deliver in a process of its own that kills itself at a point of its work."""

import asyncio
import os
import signal
from pathlib import Path

from concordat.deliver.service import DeliverOptions, run_deliver
from concordat.runtime.settings import Settings
from forked_process import ForkedProcess
from integration.deliver.exchange import Exchange


async def start_dying(exchange: Exchange, log: Path, point: str) -> ForkedProcess:
    """Start deliver; the first time that it passes `point` it dies. At "never" it lives on."""
    settings = {
        "CONCORDAT_KAFKA": exchange.settings.kafka,
        "CONCORDAT_TOPIC_PREFIX": exchange.settings.topic_prefix,
        "CONCORDAT_POSTGRES": exchange.settings.postgres.get_secret_value(),
    }
    return await asyncio.to_thread(ForkedProcess, _deliver_until, settings, log, point)


def _deliver_until(point: str) -> None:
    def hook(reached: str) -> None:
        if reached == point:
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(run_deliver(Settings(), asyncio.Event(), options=DeliverOptions(hook=hook)))
