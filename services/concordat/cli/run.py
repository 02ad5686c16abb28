"""`concordat run …`: one service in the foreground, told everything by CONCORDAT_* variables."""

import asyncio
import signal
from collections.abc import Awaitable, Callable

import typer
from prometheus_client import CollectorRegistry

from concordat.runtime.health import serve_health
from concordat.runtime.settings import Settings

app = typer.Typer(no_args_is_help=True, help="Run one service in the foreground.")


@app.command()
def admit() -> None:
    """Run the admit stage: outboxes to incidents."""
    from concordat.streams.service import run_stage  # noqa: PLC0415 - loads Faust

    run_stage("admit", Settings())


@app.command()
def route() -> None:
    """Run the route stage: incidents to routed."""
    from concordat.streams.service import run_stage  # noqa: PLC0415 - loads Faust

    run_stage("route", Settings())


@app.command()
def deliver() -> None:
    """Run deliver: routed to Postgres, exactly once."""
    from concordat.deliver.readiness import Readiness  # noqa: PLC0415 - loads the database driver
    from concordat.deliver.service import serve_deliver  # noqa: PLC0415

    readiness = Readiness()

    async def serve(settings: Settings, stop: asyncio.Event) -> None:
        if settings.health_port:
            serve_health(readiness, CollectorRegistry(), settings.host, settings.health_port)
        await serve_deliver(settings, stop, readiness)

    _serve("deliver", serve)


@app.command()
def inbox() -> None:
    """Run the inbox API."""
    from concordat.inbox.service import run_inbox  # noqa: PLC0415 - loads FastAPI

    _serve("inbox", run_inbox)


def _serve(name: str, service: Callable[[Settings, asyncio.Event], Awaitable[None]]) -> None:
    from concordat.runtime.logs import configure_logs  # noqa: PLC0415

    settings = Settings()
    configure_logs(f"{name}-{settings.instance}")

    async def serve() -> None:
        stop = asyncio.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
        await service(settings, stop)

    asyncio.run(serve())
