"""`concordat prepare`: make a Kafka and a PostgreSQL that are already there a development exchange.

What `concordat up` does for its own servers, for `docker compose` and everyone else's.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

import asyncpg
import typer
from aiokafka.errors import KafkaError
from confluent_kafka import KafkaException
from pydantic import SecretStr

from concordat.cli.console import FAILED, UNAVAILABLE, USAGE, fail, put_json, say
from concordat.cli.target import DEFAULT_STATE, JsonOption
from concordat.postgres.roles import ROLES
from concordat.runtime.clock import system_clock
from concordat.runtime.settings import Settings
from concordat.stack.atomic_file import replace_file
from concordat.stack.contracts import ContractFaults
from concordat.stack.preparation import DATABASE, Aims, Preparation, Prepared
from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory


class PrepareSettings(Settings):
    """`postgres` is a superuser's; a password that is not given is made and kept in `state`."""

    state: Path = DEFAULT_STATE
    api: str | None = None
    """Where the API will be, for the commands that read `state`."""
    migrator_password: SecretStr | None = None
    deliver_password: SecretStr | None = None
    api_password: SecretStr | None = None
    auditor_password: SecretStr | None = None

    @property
    def passwords(self) -> dict[str, str]:
        """Those that are given, by role."""
        given = {role: getattr(self, f"{role.partition('_')[2]}_password") for role in ROLES}
        return {role: secret.get_secret_value() for role, secret in given.items() if secret}


@dataclass(frozen=True, slots=True)
class _Servers:
    kafka: str
    postgres: str


WaitOption = Annotated[
    float, typer.Option("--wait", help="Seconds to go on trying while the servers start.")
]
# Servers that start, or are too busy to answer; whatever else they say will not change.
_NOT_YET = (OSError, KafkaException, KafkaError, asyncpg.CannotConnectNowError)
_PAUSE_SECONDS = 2.0


def prepare(wait: WaitOption = 120.0, json: JsonOption = False) -> None:
    """Make roles, schema, topics, register and keys for development, idempotently.

    Told everything by CONCORDAT_* variables: KAFKA, POSTGRES (a superuser's DSN), STATE,
    TOKEN_KEYS (where the API will find the public keys), and a password for each role.
    """
    settings = PrepareSettings()
    servers = _Servers(settings.kafka, settings.postgres.get_secret_value())
    if not servers.postgres:
        fail("CONCORDAT_POSTGRES is not set: the DSN of a superuser", USAGE)
    state = StateDirectory(settings.state)
    try:
        prepared = _go_on_trying(wait, lambda: asyncio.run(_prepare(state, servers, settings)))
    except ContractFaults as error:
        fail(f"the contracts have faults:\n{error}", FAILED)
    except (*_NOT_YET, asyncpg.PostgresError) as error:
        # Their texts may name addresses and users.
        fail(f"Kafka or PostgreSQL cannot be used ({type(error).__name__})", UNAVAILABLE)
    state.write_stack(_stack(state, servers, settings))
    for sentence in prepared.sentences():
        say(sentence)
    if json:
        put_json(asdict(prepared))


def _go_on_trying(seconds: float, attempt: Callable[[], Prepared]) -> Prepared:
    """What is done already is not done again; raises what the last attempt raised."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return attempt()
        except _NOT_YET as error:
            if time.monotonic() > deadline:
                raise
            say(f"not yet ({type(error).__name__}); trying again")
            time.sleep(_PAUSE_SECONDS)


async def _prepare(state: StateDirectory, servers: _Servers, settings: PrepareSettings) -> Prepared:
    aims = Aims(
        contracts=settings.contracts,
        topic_prefix=settings.topic_prefix,
        passwords=settings.passwords,
    )
    preparation = Preparation(state, servers, aims)
    prepared = await preparation.prepare()
    if "token_keys" in settings.model_fields_set:
        public = preparation.keys.publish_token_keys().read_text(encoding="utf-8")
        replace_file(settings.token_keys, public)
    return prepared


def _stack(state: StateDirectory, servers: _Servers, settings: PrepareSettings) -> Stack:
    postgres = urlsplit(servers.postgres)
    return Stack(
        kafka=servers.kafka,
        postgres_host=postgres.hostname or "",
        postgres_port=postgres.port or 5432,
        postgres_database=DATABASE,
        api=settings.api,
        started_at=system_clock(),
        state=state.path,
    )
