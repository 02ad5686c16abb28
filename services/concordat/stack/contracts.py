"""The contracts folder as values: controllers, agencies, agreements, with every fault.

One file a controller and an agency, one a version of an agreement: `<id>.yaml`, and beside it
`<id>.v<version>.yaml` for one that is to come or that is kept. A signature that was made elsewhere
stands in `signatures/` until it is registered.
"""

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from concordat.agreements.checking.reading import (
    DocumentFault,
    Reading,
    read_agency,
    read_agreement,
    read_controller,
)
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency, Controller
from concordat.agreements.signing import SignatureFile


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

    def without_agreements(self) -> "Contracts":
        """The folder as if it held no agreement and no signature."""
        return Contracts(self.controllers, self.agencies, [], [])


@dataclass(frozen=True, slots=True)
class Contracts(Parties):
    """What the folder holds, by id; of an agreement there may be several versions."""

    agreements: list[Agreement]
    signatures: list[SignatureFile]


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
    signatures = _take(folder, "signatures", _read_signature, faults, suffix=".json")
    if faults:
        raise ContractFaults(tuple(faults))
    return Contracts(parties.controllers, parties.agencies, agreements, signatures)


def _take(
    folder: Path,
    kind: str,
    read: Callable[..., Reading[Any]],
    faults: list[DocumentFault],
    suffix: str = ".yaml",
) -> list[Any]:
    documents: dict[str, Any] = {}
    for path in sorted((folder / kind).glob(f"*{suffix}")):
        name = f"{kind}/{path.name}"
        reading = read(path.read_text(encoding="utf-8"), name=name)
        faults.extend(reading.faults)
        if reading.document is not None:
            documents[name] = reading.document
    faults.extend(_repeats(documents))
    return list(documents.values())


def _repeats(documents: dict[str, Any]) -> Iterator[DocumentFault]:
    first: dict[Hashable, str] = {}
    for name, document in documents.items():
        other = first.setdefault(_identity(document), name)
        if other != name:
            yield DocumentFault(name, 1, 1, f"is of the same thing as {other}")


def _identity(document: Any) -> Hashable:
    if isinstance(document, Agreement):
        return document.id, document.version
    if isinstance(document, SignatureFile):
        return document.agreement, document.version, document.controller
    identity: str = document.id
    return identity


def _read_signature(text: str, *, name: str) -> Reading[SignatureFile]:
    try:
        return Reading(SignatureFile.model_validate_json(text), ())
    except ValidationError as error:
        fault = f"is no signature file: {error.error_count()} faults of form"
        return Reading(None, (DocumentFault(name, 1, 1, fault),))
