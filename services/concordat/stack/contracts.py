"""The contracts folder as values: controllers, agencies, agreements, with every fault."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency, Controller
from concordat.agreements.reading import (
    DocumentFault,
    Reading,
    read_agency,
    read_agreement,
    read_controller,
)


class ContractFaults(ValueError):
    """The contracts cannot be used; `faults` has a line for each reason."""

    def __init__(self, faults: tuple[DocumentFault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


@dataclass(frozen=True, slots=True)
class Parties:
    """Who may be named in an agreement, by id."""

    controllers: dict[str, Controller]
    agencies: dict[str, Agency]


@dataclass(frozen=True, slots=True)
class Contracts(Parties):
    """What the folder holds, by id."""

    agreements: list[Agreement]


def load_parties(folder: Path) -> Parties:
    """Read controllers and agencies; raises `ContractFaults` naming every fault at once."""
    faults: list[DocumentFault] = []
    controllers = _take(folder, "controllers", read_controller, faults)
    agencies = _take(folder, "agencies", read_agency, faults)
    if faults:
        raise ContractFaults(tuple(faults))
    return Parties({each.id: each for each in controllers}, {each.id: each for each in agencies})


def load_contracts(folder: Path) -> Contracts:
    """Read the whole folder; raises `ContractFaults` naming every fault of every agreement."""
    parties = load_parties(folder)

    def read(text: str, *, name: str) -> Reading[Agreement]:
        return read_agreement(
            text, name=name, agencies=parties.agencies, controllers=parties.controllers
        )

    faults: list[DocumentFault] = []
    agreements = _take(folder, "agreements", read, faults)
    if faults:
        raise ContractFaults(tuple(faults))
    return Contracts(parties.controllers, parties.agencies, agreements)


def _take(
    folder: Path, kind: str, read: Callable[..., Reading[Any]], faults: list[DocumentFault]
) -> list[Any]:
    documents = []
    for path in sorted((folder / kind).glob("*.yaml")):
        reading = read(path.read_text(encoding="utf-8"), name=f"{kind}/{path.name}")
        faults.extend(reading.faults)
        if reading.document is not None:
            documents.append(reading.document)
    return documents
