"""What a worker process does: it is `concordat run <service>`, with orders and a planted bug."""

import asyncio
import signal
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from concordat.deliver.readiness import Readiness
from concordat.deliver.service import DeliverOptions, serve_deliver
from concordat.inbox.service import run_inbox
from concordat.runtime.health import serve_health
from concordat.runtime.logs import configure_logs
from concordat.runtime.settings import Settings
from concordat.streams.service import run_stage
from faults.orders import Orders


def work(service: str, orders: Path, bug: str | None) -> None:
    """Run until told to stop; the process's whole life."""
    if bug is not None:
        plant(bug)
    _run(service, Settings(), Orders(orders))


def _run(service: str, settings: Settings, orders: Orders) -> None:
    if service in ("admit", "route"):
        run_stage(service, settings, hook=orders.obey)
        return
    configure_logs(f"{service}-{settings.instance}")
    asyncio.run(_deliver(settings, orders) if service == "deliver" else _serve(settings))


async def _deliver(settings: Settings, orders: Orders) -> None:
    readiness = Readiness()
    if settings.health_port:
        serve_health(readiness, CollectorRegistry(), settings.host, settings.health_port)
    await serve_deliver(settings, _told_to_stop(), readiness, DeliverOptions(hook=orders.obey))


async def _serve(settings: Settings) -> None:
    await run_inbox(settings, _told_to_stop())


def _told_to_stop() -> asyncio.Event:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


def plant(bug: str) -> None:
    """Plant `bar:bug` in this process, for its whole life."""
    from faults.catalogue import bar_named  # noqa: PLC0415 - bars import this module

    bar, _, name = bug.partition(":")
    bar_named(bar).bugs[name](pytest.MonkeyPatch())
