"""Kafka and PostgreSQL in containers, as docker-compose.yml describes them, by testcontainers."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import docker  # type: ignore[import-untyped]
import yaml
from docker.errors import DockerException  # type: ignore[import-untyped]
from testcontainers.community.postgres import PostgresContainer
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from chosen_stack import Servers, StackMissing
from concordat.stack.ports import LOCALHOST, pick_port

COMPOSE = Path(__file__).parents[1] / "docker-compose.yml"
START_SECONDS = 240
PASSWORD = "only-for-tests"


@contextmanager
def open_containers() -> Iterator[Servers]:
    """Run both, empty, published on 127.0.0.1 only; raises `StackMissing` without an engine."""
    ask_engine()
    described = yaml.safe_load(COMPOSE.read_text(encoding="utf-8"))["services"]
    kafka, postgres = pick_port(), pick_port()
    with (
        _kafka(described["kafka"], kafka),
        _postgres(described["postgres"], postgres) as database,
    ):
        login = f"{database.username}:{database.password}"
        yield Servers(
            f"{LOCALHOST}:{kafka}",
            f"postgresql://{login}@{LOCALHOST}:{postgres}/{database.dbname}",
        )


def ask_engine() -> None:
    """Return when a Docker engine answers; raises `StackMissing`."""
    try:
        client = docker.from_env()
        client.ping()
        client.close()
    except DockerException as error:
        raise StackMissing(f"no Docker engine answers ({type(error).__name__})") from None


def _kafka(described: Any, port: int) -> DockerContainer:
    """The broker: it must name the port that its clients reach it by."""
    listener = f"PLAINTEXT://{LOCALHOST}:{port}"
    environment = {
        **described["environment"],
        "KAFKA_LISTENERS": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://{LOCALHOST}:9093",
        "KAFKA_ADVERTISED_LISTENERS": listener,
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
    }
    container = DockerContainer(described["image"], env=environment)
    _publish(container, port, port)
    started = LogMessageWaitStrategy("Kafka Server started").with_startup_timeout(START_SECONDS)
    return container.waiting_for(started)


def _postgres(described: Any, port: int) -> PostgresContainer:
    settings = described["environment"]
    container = PostgresContainer(
        described["image"],
        username=settings["POSTGRES_USER"],
        password=PASSWORD,
        dbname=settings["POSTGRES_DB"],
        driver=None,
    )
    _publish(container, container.port, port)
    container.with_env("POSTGRES_INITDB_ARGS", settings["POSTGRES_INITDB_ARGS"])
    return container.with_command(described["command"])


def _publish(container: DockerContainer, inside: int, outside: int) -> None:
    # `with_bind_ports` would publish it on every address of the machine.
    bound: dict[str, Any] = container.ports
    bound[str(inside)] = (LOCALHOST, outside)
