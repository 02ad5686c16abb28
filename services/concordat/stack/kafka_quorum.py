"""Which brokers form one cluster, and which of them a broker is. Pure."""

import base64
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from concordat.stack.ports import LOCALHOST


@dataclass(frozen=True)
class BrokerPorts:
    """Where a broker serves clients, and where it talks to the controllers."""

    clients: int
    controller: int


@dataclass(frozen=True)
class Quorum:
    """Brokers that are all controllers, by their number; the same on each of them, for ever.

    Each one's storage is told the identities of all when it is formatted.
    """

    cluster: str
    ports: Mapping[int, BrokerPorts]
    storages: Mapping[int, str]

    @classmethod
    def of(cls, *ports: BrokerPorts) -> Self:
        """Return a new quorum of brokers numbered from 1."""
        numbered = dict(enumerate(ports, start=1))
        return cls(new_kafka_id(), numbered, {number: new_kafka_id() for number in numbered})

    @property
    def bootstrap(self) -> str:
        """Bootstrap servers for clients: all of them."""
        return self.bootstrap_of(*self.ports)

    def bootstrap_of(self, *numbers: int) -> str:
        """Bootstrap servers for clients: these brokers."""
        return ",".join(f"{LOCALHOST}:{self.ports[number].clients}" for number in numbers)

    @property
    def controllers(self) -> str:
        """Where the controllers are found."""
        return ",".join(f"{LOCALHOST}:{each.controller}" for each in self.ports.values())

    @property
    def initial_controllers(self) -> str:
        """The first controllers with the identities of their storage, as a format wants them."""
        return ",".join(
            f"{number}@{LOCALHOST}:{ports.controller}:{self.storages[number]}"
            for number, ports in self.ports.items()
        )


@dataclass(frozen=True)
class Member:
    """One broker of a quorum."""

    number: int
    quorum: Quorum

    @property
    def ports(self) -> BrokerPorts:
        """Its own ports."""
        return self.quorum.ports[self.number]


def new_kafka_id() -> str:
    """Return 22 characters of base64url; a leading hyphen would be read as an option."""
    text = "-"
    while text.startswith("-"):
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    return text
