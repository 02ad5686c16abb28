"""What an agreement may speak of, and how a check says where it is wrong."""

from collections.abc import Mapping
from dataclasses import dataclass

from concordat.agreements.parties import Agency, Controller
from concordat_events.fields import Data

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class World:
    """Event types, agencies and controllers; where the latter are None, any is known."""

    catalogue: Mapping[str, type[Data]]
    agencies: Mapping[str, Agency] | None = None
    controllers: Mapping[str, Controller] | None = None


@dataclass(frozen=True, slots=True)
class CheckFault:
    """Where in the document (keys and indexes), and one plain sentence."""

    path: Place
    message: str
