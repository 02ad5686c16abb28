"""Which Kafka and PostgreSQL the tests run on: `CONCORDAT_TEST_STACK` chooses."""

import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from concordat.stack.embedded import EmbeddedInfrastructure
from concordat.stack.state_directory import StateDirectory

REACH_SECONDS = 10.0


class StackMissing(Exception):
    """The stack that was asked for cannot be had."""


@dataclass(frozen=True)
class Servers:
    """A running Kafka and PostgreSQL."""

    kafka: str
    """Bootstrap servers."""
    postgres: str = field(repr=False)
    """DSN of a superuser."""


@contextmanager
def open_chosen_stack() -> Iterator[Servers]:
    """Run it inside the block; raises `StackMissing` naming the stack and what it lacks."""
    name = _variable("CONCORDAT_TEST_STACK") or "embedded"
    if name not in STACKS:
        raise StackMissing(f"CONCORDAT_TEST_STACK is {name!r}; it may be {', '.join(STACKS)}")
    try:
        with STACKS[name]() as servers:
            yield servers
    except StackMissing as missing:
        raise StackMissing(f"the test stack {name!r} was asked for: {missing}") from None


@contextmanager
def _open_embedded() -> Iterator[Servers]:
    folder = Path(tempfile.mkdtemp(prefix="concordat-test-"))
    servers = EmbeddedInfrastructure(StateDirectory(folder / "state"), _say_nothing)
    try:
        started = servers.start()
        yield Servers(started.kafka, started.postgres)
    finally:
        servers.destroy()
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _open_containers() -> Iterator[Servers]:
    from containers import open_containers  # noqa: PLC0415 - loads testcontainers

    with open_containers() as servers:
        yield servers


@contextmanager
def _open_external() -> Iterator[Servers]:
    """Servers that somebody else runs, a running `docker compose` for instance."""
    names = ("CONCORDAT_TEST_KAFKA", "CONCORDAT_TEST_POSTGRES")
    kafka, postgres = (_variable(name) for name in names)
    if not kafka or not postgres:
        raise StackMissing(f"{' and '.join(names)} must say where it is")
    for place in (kafka.split(",")[0], urlsplit(postgres).netloc.rpartition("@")[2]):
        _reach(place)
    yield Servers(kafka, postgres)


STACKS = {
    "embedded": _open_embedded,
    "containers": _open_containers,
    "external": _open_external,
}


def _reach(place: str) -> None:
    host, _, port = place.rpartition(":")
    try:
        socket.create_connection((host, int(port)), REACH_SECONDS).close()
    except (OSError, ValueError):
        raise StackMissing(f"nothing answers at {place}") from None


def _variable(name: str) -> str | None:
    return os.environ.get(name)  # noqa: TID251 - the tests' own


def _say_nothing(_sentence: str) -> None:
    """Tests need no progress."""
