"""The inbox process: connects everything, serves until told to stop."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager

import uvicorn

from concordat.inbox.app import create_app
from concordat.inbox.arrivals import Arrivals
from concordat.inbox.dependencies import Dependencies
from concordat.inbox.direct_feed import feed_directly
from concordat.inbox.kafka_outbox import open_outbox
from concordat.inbox.listener import listen
from concordat.inbox.token_keys import TokenKeys
from concordat.inbox.tokens import TokenVerifier
from concordat.kafka.incident import IncidentLog
from concordat.kafka.register_feed import RegisterFeed
from concordat.kafka.register_writer import open_register_writer
from concordat.kafka.topics import Topics
from concordat.postgres.pool import open_pool
from concordat.runtime.clock import system_clock
from concordat.runtime.logs import get_logger
from concordat.runtime.settings import Settings

STOPPED_WITHIN_SECONDS = 5

log = get_logger(__name__)


class ServerEnded(RuntimeError):
    """The HTTP server, the listener or a feed ended although nobody asked for it."""


async def run_inbox(settings: Settings, stop: asyncio.Event) -> None:
    """Serve the API on `settings.host` and `settings.port` until `stop` is set.

    Raises `OSError` when the port is taken. Open long polls are answered at once on stopping.
    """
    dsn, topics = settings.postgres.get_secret_value(), Topics(settings.topic_prefix)
    with open_port(settings.host, settings.port) as listening:
        async with (
            _open_dependencies(settings) as (dependencies, following),
            listen(dsn, dependencies.arrivals) as listener,
            feed_directly(dependencies, dsn, settings.kafka, topics) as feeding,
        ):
            log.info("serving", port=listening.getsockname()[1])
            await _serve(dependencies, listening, stop, (listener, following, feeding))


def open_port(host: str, port: int) -> socket.socket:
    """Listen there; connections send what they have at once. Raises `OSError` when it is taken."""
    listening = socket.create_server((host, port))
    # Connections inherit it. asyncio sets it only where a socket names its protocol, which Python's
    # own servers do not; a body then waits 40 ms for the acknowledgement of its header.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listening


@asynccontextmanager
async def _open_dependencies(
    settings: Settings,
) -> AsyncIterator[tuple[Dependencies, "asyncio.Task[None]"]]:
    topics = Topics(settings.topic_prefix)
    tokens = TokenVerifier(
        TokenKeys(settings.token_keys),
        issuer=settings.token_issuer,
        audience=settings.token_audience,
        clock=system_clock,
    )
    async with (
        open_pool(settings.postgres.get_secret_value()) as pool,
        open_outbox(settings.kafka, topics) as outbox,
        open_register_writer(settings.kafka, topics) as register,
        _following(RegisterFeed(settings.kafka, topics)) as feed,
    ):
        yield (
            Dependencies(
                pool=pool,
                feed=feed,
                arrivals=Arrivals(),
                outbox=outbox,
                incidents=IncidentLog(settings.kafka, topics),
                register=register,
                tokens=tokens,
                clock=system_clock,
            ),
            feed.following,
        )


@asynccontextmanager
async def _following(feed: RegisterFeed) -> AsyncIterator[RegisterFeed]:
    await feed.start()
    try:
        yield feed
    finally:
        await feed.stop()


async def _serve(
    dependencies: Dependencies,
    listening: socket.socket,
    stop: asyncio.Event,
    watched: Sequence["asyncio.Task[None]"],
) -> None:
    server = _Server(
        uvicorn.Config(
            create_app(dependencies),
            access_log=False,  # it would log paths and queries
            log_config=None,
            lifespan="off",
            ws="none",
            server_header=False,
            timeout_graceful_shutdown=STOPPED_WITHIN_SECONDS,
        )
    )
    serving = asyncio.create_task(server.serve(sockets=[listening]))
    stopping = asyncio.create_task(stop.wait())
    await asyncio.wait((serving, stopping, *watched), return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    dependencies.arrivals.close()
    server.should_exit = True
    await serving
    if not stop.is_set():
        raise ServerEnded


class _Server(uvicorn.Server):
    """Leaves signals to the process, which decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
