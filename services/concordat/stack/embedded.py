"""Kafka and PostgreSQL together: one object for `make run`, for tests and for the tools."""

import asyncio
import contextlib
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from concordat.stack.child import Child
from concordat.stack.death import Death
from concordat.stack.errors import StackNotRunning
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.kafka_broker import KafkaBroker
from concordat.stack.kafka_quorum import BrokerPorts
from concordat.stack.leftovers import stop_leftovers
from concordat.stack.ports import pick_port
from concordat.stack.postgres_home import ROOT_FOLDER, remove_home
from concordat.stack.postgres_server import PostgresServer
from concordat.stack.state_directory import StateDirectory

Report = Callable[[str], None]
Server = TypeVar("Server", KafkaBroker, PostgresServer)


@dataclass(frozen=True)
class StackOptions:
    """Ports that are preferred (None: any), and how the servers are run."""

    kafka_port: int | None = None
    postgres_port: int | None = None
    heavy_load: bool = False
    root_folder: Path = ROOT_FOLDER


@dataclass(frozen=True)
class Infrastructure:
    """A running Kafka and PostgreSQL."""

    kafka: str
    """Bootstrap servers, `host:port`."""
    postgres: str = field(repr=False)
    """DSN of the superuser; it holds a password."""
    postgres_port: int
    pids: dict[str, int]
    servers: "EmbeddedInfrastructure"


class EmbeddedInfrastructure:
    """Starts and stops both servers as the owner of a state directory; safe between threads.

    The `kill`, `pause`, `resume` and `restart` methods are for fault tests; a restarted server
    keeps its port.
    """

    def __init__(
        self, state: StateDirectory, report: Report, options: StackOptions | None = None
    ) -> None:
        self._state = state
        self._report = report
        self._options = options or StackOptions()
        self._turn = threading.RLock()
        self._forks: ForkingThread | None = None
        self._kafka: KafkaBroker | None = None
        self._postgres: PostgresServer | None = None

    def start(self) -> Infrastructure:
        """Claim the state, end leftovers, start both at once; ready on return.

        On any failure everything is stopped again. Raises StackAlreadyRunning, ChildDied,
        ChildNotReady, DatabaseMissing, UnsafeFolder, KafkaJarsMissing.
        """
        with self._turn:
            self._state.claim()
            self._forks = ForkingThread()
            try:
                stop_leftovers(self._state, self._report)
                self._state.remove_stack()
                return self._start_servers(self._forks)
            except BaseException:
                self.stop()
                raise

    def stop(self) -> None:
        """Stop both in order and give up the state, which is kept; idempotent."""
        with self._turn:
            if self._forks is None:
                return
            for server in (self._kafka, self._postgres):
                if server is not None:
                    server.stop()
            self._forks.close()
            self._forks = None
            self._state.remove_stack()
            self._state.release()

    def destroy(self) -> None:
        """Stop both and delete all they have stored."""
        self.stop()
        forget(self._state, self._report)

    def death(self) -> Death | None:
        """Return how a server died; None while both live, or before the start."""
        children = (server.child for server in (self._kafka, self._postgres) if server)
        return next((death for child in children if child and (death := child.death)), None)

    def kill_kafka(self) -> None:
        """End the broker with SIGKILL and return once it has ended."""
        _kill(_child_of(self._kafka))

    def pause_kafka(self) -> None:
        """Stop the broker's clock with SIGSTOP: its port is open and nothing answers."""
        _child_of(self._kafka).send(signal.SIGSTOP)

    def resume_kafka(self) -> None:
        """Undo `pause_kafka`."""
        _child_of(self._kafka).send(signal.SIGCONT)

    def stop_kafka(self) -> None:
        """Shut the broker down in order."""
        self._running(self._kafka).stop()

    def restart_kafka(self) -> None:
        """Start the broker again, shutting it down in order first if it runs."""
        self._restart(self._running(self._kafka))

    def kill_postgres(self) -> None:
        """End the database server with SIGKILL and return once it has ended."""
        _kill(_child_of(self._postgres))

    def pause_postgres(self) -> None:
        """Stop the database server's main process: open connections go on, new ones hang."""
        _child_of(self._postgres).send(signal.SIGSTOP)

    def resume_postgres(self) -> None:
        """Undo `pause_postgres`."""
        _child_of(self._postgres).send(signal.SIGCONT)

    def stop_postgres(self) -> None:
        """Shut the database server down in order, disconnecting its clients."""
        self._running(self._postgres).stop()

    def restart_postgres(self) -> None:
        """Start the database server again, shutting it down in order first if it runs."""
        self._restart(self._running(self._postgres))

    def _start_servers(self, forks: ForkingThread) -> Infrastructure:
        options = self._options
        clients = self._port("kafka", options.kafka_port, ())
        controller = pick_port(taken=(clients,))
        port = self._port("postgres", options.postgres_port, (clients, controller))
        kafka = self._kafka = KafkaBroker(
            self._state, forks, BrokerPorts(clients, controller), heavy_load=options.heavy_load
        )
        postgres = self._postgres = PostgresServer(
            self._state, forks, port=port, root_folder=options.root_folder
        )
        with ThreadPoolExecutor(max_workers=2) as starts:
            children = list(starts.map(self._start_one, (kafka, postgres)))
        return Infrastructure(
            kafka=kafka.bootstrap,
            postgres=postgres.superuser_dsn,
            postgres_port=port,
            pids={child.name: child.pid for child in children},
            servers=self,
        )

    def _start_one(self, server: KafkaBroker | PostgresServer) -> Child:
        began = time.monotonic()
        child = server.start()
        self._report(f"{server.name} is ready after {time.monotonic() - began:.1f} s")
        return child

    def _restart(self, server: KafkaBroker | PostgresServer) -> None:
        with self._turn:
            server.stop()
            child = server.start()
            self._state.note_pid(server.name, child.pid)

    def _running(self, server: Server | None) -> Server:
        if server is None or self._forks is None:
            raise StackNotRunning
        return server

    def _port(self, name: str, preferred: int | None, taken: tuple[int, ...]) -> int:
        port = pick_port(preferred, taken=taken)
        if preferred not in (None, port):
            self._report(f"port {preferred} is busy: {name} listens on {port}")
        return port


def forget(state: StateDirectory, report: Report) -> None:
    """Delete a stack's state wherever it is kept, ending leftovers first.

    Raises StackAlreadyRunning while it has an owner.
    """
    state.claim()
    try:
        stop_leftovers(state, report)
        remove_home(state)
        state.remove()
    finally:
        state.release()


@contextlib.asynccontextmanager
async def open_infrastructure(
    state: StateDirectory, report: Report, options: StackOptions | None = None
) -> AsyncIterator[Infrastructure]:
    """Run both servers inside the block; raises what `EmbeddedInfrastructure.start` raises."""
    servers = EmbeddedInfrastructure(state, report, options)
    try:
        yield await asyncio.to_thread(servers.start)
    finally:
        await asyncio.to_thread(servers.stop)


def _child_of(server: KafkaBroker | PostgresServer | None) -> Child:
    if server is None or server.child is None:
        raise StackNotRunning
    return server.child


def _kill(child: Child) -> None:
    child.send(signal.SIGKILL)
    child.kill()
