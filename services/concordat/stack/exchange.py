"""The whole exchange on the embedded stack: prepared, started, ready. `make run` is this."""

import asyncio
import contextlib
import os
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import httpx

from concordat.runtime.clock import Clock, system_clock
from concordat.runtime.settings import CONTRACTS
from concordat.stack.embedded import EmbeddedInfrastructure, Infrastructure, StackOptions
from concordat.stack.errors import StackGaveUp
from concordat.stack.ports import LOCALHOST, pick_port
from concordat.stack.preparation import DATABASE, Aims, Preparation
from concordat.stack.program import Program
from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory
from concordat.stack.supervisor import Observer, Supervisor

SERVICES = ("admit", "route", "deliver", "inbox")
READY_SECONDS = 60.0
_RUN = (sys.executable, "-m", "concordat.cli.main", "run")
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class ExchangePorts:
    """Ports that are preferred; a busy one is replaced and that is said. None: any."""

    kafka: int | None = 29092
    postgres: int | None = 25432
    api: int | None = 28000


@dataclass(frozen=True, slots=True)
class ExchangeOptions:
    """Where the contracts are, which ports are preferred, and what time it is."""

    contracts: Path = CONTRACTS
    ports: ExchangePorts = field(default_factory=ExchangePorts)
    clock: Clock = system_clock


@dataclass(frozen=True, slots=True)
class Exchange:
    """A ready exchange; `ended` completes when it stops, with the reason if it gave up."""

    stack: Stack
    auditor_dsn: str
    ended: "asyncio.Task[None]"


@contextlib.asynccontextmanager
async def open_exchange(
    state: StateDirectory, observer: Observer, options: ExchangeOptions | None = None
) -> AsyncIterator[Exchange]:
    """Run a whole exchange inside the block, ready on entering; stop every child on leaving.

    Raises what the infrastructure raises, `ContractFaults`, and `StackGaveUp` with the reason
    when it does not become ready or a part of it dies for good.
    """
    options = options or ExchangeOptions()
    ports = options.ports
    servers = EmbeddedInfrastructure(
        state, observer.report, StackOptions(kafka_port=ports.kafka, postgres_port=ports.postgres)
    )
    infrastructure = await asyncio.to_thread(servers.start)
    stop = asyncio.Event()
    try:
        preparation = Preparation(
            state, infrastructure, Aims(contracts=options.contracts, clock=options.clock)
        )
        prepared = await preparation.prepare()
        for sentence in prepared.sentences():
            observer.report(sentence)
        api_port = pick_port(ports.api)
        if ports.api not in (None, api_port):
            observer.report(f"port {ports.api} is busy: the API listens on {api_port}")
        health = _health_ports(api_port)
        programs = _programs(preparation, api_port, health)
        supervisor = Supervisor(state, servers, programs, observer)
    except BaseException:
        await asyncio.to_thread(servers.stop)
        raise
    ended = asyncio.create_task(supervisor.run_until(stop), name="supervisor")
    try:
        await _until_ready(health | {"inbox": api_port}, ended)
        stack = _stack(state, infrastructure, supervisor, api_port, options.clock())
        state.write_stack(stack)
        yield Exchange(stack, preparation.dsn("concordat_auditor"), ended)
    finally:
        stop.set()
        with contextlib.suppress(StackGaveUp):
            await ended


def _programs(preparation: Preparation, api_port: int, health: Mapping[str, int]) -> list[Program]:
    return [
        Program(
            name=service,
            arguments=(*_RUN, service),
            environment=_environment(
                preparation.settings(service), api_port, health.get(service, 0)
            ),
        )
        for service in SERVICES
    ]


def _environment(settings: Mapping[str, str], api_port: int, health_port: int) -> dict[str, str]:
    """What a service is told; secrets go through the environment, never the command line."""
    places = {"host": LOCALHOST, "port": str(api_port), "health_port": str(health_port)}
    ours = {f"CONCORDAT_{name.upper()}": value for name, value in {**settings, **places}.items()}
    return {**_inherited(), **ours}


def _health_ports(api_port: int) -> dict[str, int]:
    ports: dict[str, int] = {}
    for service in SERVICES[:-1]:
        ports[service] = pick_port(taken=(api_port, *ports.values()))
    return ports


async def _until_ready(ports: Mapping[str, int], ended: "asyncio.Task[None]") -> None:
    waiting = dict(ports)
    deadline = asyncio.get_running_loop().time() + READY_SECONDS
    async with httpx.AsyncClient(timeout=2, trust_env=False) as client:
        while waiting:
            if ended.done():
                ended.result()  # raises the reason
            if asyncio.get_running_loop().time() > deadline:
                raise StackGaveUp(f"not ready after {READY_SECONDS:g} s: {', '.join(waiting)}")
            for service, port in list(waiting.items()):
                with contextlib.suppress(httpx.TransportError):
                    answer = await client.get(f"http://{LOCALHOST}:{port}/health/ready")
                    if answer.is_success:
                        del waiting[service]
            await asyncio.sleep(_POLL_SECONDS)


def _stack(
    state: StateDirectory,
    infrastructure: Infrastructure,
    supervisor: Supervisor,
    api_port: int,
    now: datetime,
) -> Stack:
    return Stack(
        kafka=infrastructure.kafka,
        postgres_host=LOCALHOST,
        postgres_port=infrastructure.postgres_port,
        postgres_database=DATABASE,
        api=f"http://{LOCALHOST}:{api_port}",
        pids=infrastructure.pids | supervisor.pids,
        started_at=now,
        state=state.path,
    )


def _inherited() -> dict[str, str]:
    # A variable of the caller's for another stack must not reach this one's services.
    every = dict(os.environ)  # noqa: TID251 - passed on to children, not read
    return {name: value for name, value in every.items() if not name.startswith("CONCORDAT_")}
