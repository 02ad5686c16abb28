"""What a worker process does: it is `concordat run <service>`, with orders and a planted bug."""

import asyncio
import signal
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from concordat.agreements.book import Book
from concordat.deliver.readiness import Readiness
from concordat.deliver.service import DeliverOptions, serve_deliver
from concordat.inbox.service import run_inbox
from concordat.runtime.health import serve_health
from concordat.runtime.logs import configure_logs
from concordat.runtime.settings import Settings
from concordat.stages.record import Output, Record, Stage
from concordat.streams import service as streams_service
from concordat.streams.service import run_stage
from faults.orders import Orders


class Poisoned(Exception):
    """The code of a stage cannot do with a record."""


def work(service: str, orders: Path, bug: str | None, poison: bytes | None) -> None:
    """Run until told to stop: a process's whole life. A stage raises at a record with `poison`."""
    if bug is not None:
        plant(bug)
    if poison is not None:
        _raise_at(poison)
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


def _raise_at(poison: bytes) -> None:
    compose = streams_service._stage

    def mistaken(*given: Any) -> tuple[Stage, str, str]:
        stage, source, strategy = compose(*given)

        def work_on(batch: Sequence[Record], book: Book, now: datetime) -> list[Output]:
            if any(poison in (record.value or b"") for record in batch):
                raise Poisoned
            return stage(batch, book, now)

        return work_on, source, strategy

    pytest.MonkeyPatch().setattr(streams_service, "_stage", mistaken)


def plant(bug: str) -> None:
    """Plant `bar:bug` in this process, for its whole life."""
    from faults.catalogue import bar_named  # noqa: PLC0415 - bars import this module

    bar, _, name = bug.partition(":")
    bar_named(bar).bugs[name](pytest.MonkeyPatch())
