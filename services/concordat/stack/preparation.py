"""What must be there before the services start, on any Kafka and any PostgreSQL."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote, urlsplit

from concordat.kafka.register_log import RegisterLog
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client, apply_topics
from concordat.kafka.topics_file import direct_agencies, read_topics_file, topic_plans
from concordat.postgres.migrate import migrate
from concordat.postgres.roles import (
    API,
    DELIVER,
    MIGRATOR,
    ROLES,
    ensure_database,
    ensure_roles,
)
from concordat.runtime.clock import Clock, system_clock
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import load_contracts
from concordat.stack.development_keys import DevelopmentKeys
from concordat.stack.publication import plan_publication
from concordat.stack.state_directory import StateDirectory

DATABASE = "concordat"


class Servers(Protocol):
    """A running Kafka and PostgreSQL, whoever runs them."""

    @property
    def kafka(self) -> str:
        """Bootstrap servers."""

    @property
    def postgres(self) -> str:
        """DSN of a superuser."""


@dataclass(frozen=True, slots=True)
class Aims:
    """What is prepared: which contracts, under which names, with which passwords.

    A role that `passwords` leaves out gets one that the state directory keeps.
    """

    contracts: Path = CONTRACTS
    topic_prefix: str = ""
    database: str = DATABASE
    passwords: Mapping[str, str] | None = None
    clock: Clock = system_clock


@dataclass(frozen=True, slots=True)
class Prepared:
    """Topics made, records appended, and where the register stands against the folder."""

    topics: int
    records: int
    conflicts: tuple[str, ...]

    def sentences(self) -> list[str]:
        """Say it to whoever watches."""
        made = f"{self.topics} topics made, {self.records} register records signed and written"
        return [made, *self.conflicts]


class Preparation:
    """Roles, database, schema, topics, a register signed with development keys, token keys."""

    def __init__(self, state: StateDirectory, servers: Servers, aims: Aims | None = None) -> None:
        """Read the contracts; raises `ContractFaults` naming every fault at once."""
        self._state, self._servers, self._aims = state, servers, aims or Aims()
        self._contracts = load_contracts(self._aims.contracts)
        self.keys = DevelopmentKeys(state)

    async def prepare(self) -> Prepared:
        """Do it all, idempotently."""
        _, made = await asyncio.gather(self._database(), asyncio.to_thread(self._topics))
        log = RegisterLog(self._servers.kafka, Topics(self._aims.topic_prefix))
        register = await log.read()
        plan = plan_publication(self._contracts, register, self._aims.clock(), self.keys)
        appended = await log.append(plan.records)
        self.keys.publish_token_keys()
        return Prepared(made, appended, tuple(plan.conflicts))

    def dsn(self, role: str) -> str:
        """Address and password of a database role."""
        place = urlsplit(self._servers.postgres).netloc.rpartition("@")[2]
        password = quote(self._password(role), safe="")
        return f"postgresql://{role}:{password}@{place}/{self._aims.database}"

    def settings(self, service: str) -> dict[str, str]:
        """What a service is told of all this, by the names of `Settings`."""
        settings = {
            "kafka": self._servers.kafka,
            "postgres": self.dsn(API if service == "inbox" else DELIVER),
            "contracts": str(self._aims.contracts),
            "content_key": self._state.secret("content-key"),
            "token_keys": str(self.keys.publish_token_keys()),
        }
        if service in ("admit", "route"):
            del settings["postgres"]
        return settings

    async def _database(self) -> None:
        passwords = {role: self._password(role) for role in ROLES}
        await ensure_roles(self._servers.postgres, passwords)
        await ensure_database(self._servers.postgres, self._aims.database)
        await migrate(self.dsn(MIGRATOR))

    def _password(self, role: str) -> str:
        given = (self._aims.passwords or {}).get(role)
        return given or self._state.secret(f"postgres-{role.replace('_', '-')}")

    def _topics(self) -> int:
        file = read_topics_file(self._aims.contracts / "topics.yaml")
        direct = direct_agencies(self._contracts.agreements)
        agencies, prefix = self._contracts.agencies, self._aims.topic_prefix
        plans = topic_plans(file, agencies, prefix, direct=direct)
        return len(apply_topics(admin_client(self._servers.kafka), plans))
