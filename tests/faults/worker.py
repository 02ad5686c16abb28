"""What a worker process does: it is `concordat run <service>`, with orders and a planted bug."""

import asyncio
import ctypes
import faulthandler
import os
import signal
import sys
from collections.abc import Mapping
from multiprocessing import forkserver
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

PRELOADED = ("faults.worker",)
_PR_SET_PDEATHSIG = 1


def work(
    service: str, environment: Mapping[str, str], log: Path, orders: Path, bug: str | None
) -> None:
    """Run until told to stop; the process's whole life."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    # By this pipe the server of forks sees that the bar has ended; held open here, it never would.
    os.close(forkserver._forkserver._forkserver_alive_fd)  # type: ignore[attr-defined]
    os.setsid()
    _redirect(log)
    faulthandler.enable()  # a client library's crash says where
    os.environ.clear()  # noqa: TID251 - as a fresh process would have it
    os.environ.update(environment)  # noqa: TID251
    if bug is not None:
        _plant(bug)
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


def _plant(bug: str) -> None:
    from faults.catalogue import bar_named  # noqa: PLC0415 - bars import this module

    bar, _, name = bug.partition(":")
    bar_named(bar).bugs[name](pytest.MonkeyPatch())


def _redirect(log: Path) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    for stream in (1, 2):
        os.dup2(file, stream)
