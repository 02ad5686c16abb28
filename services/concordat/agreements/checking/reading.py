"""From YAML text to a document, with every fault found in one reading."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from concordat.agreements.checking.checks import check_agreement
from concordat.agreements.checking.mending import Mended, mend
from concordat.agreements.checking.notes import notes_on
from concordat.agreements.checking.world import CheckFault, Place, World
from concordat.agreements.checking.yaml_text import Parsed, parse_yaml
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency, Controller
from concordat_events.catalogue import CATALOGUE
from concordat_events.fields import Data

_MOST_ROUNDS = 4  # what is mended may show the next fault: a condition without a test

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class DocumentFault:
    """One fault of one file, with its place and one plain sentence."""

    name: str
    line: int
    column: int
    message: str

    def __str__(self) -> str:
        return f"{self.name}:{self.line}:{self.column}: {self.message}"


@dataclass(frozen=True, slots=True)
class Reading(Generic[T]):
    """The document, or None and why not. A document with faults is never returned.

    `notes` are no faults: what its signers may not have meant.
    """

    document: T | None
    faults: tuple[DocumentFault, ...]
    notes: tuple[DocumentFault, ...] = ()


def read_agreement(
    text: str,
    *,
    name: str,
    catalogue: Mapping[str, type[Data]] = CATALOGUE,
    agencies: Mapping[str, Agency] | None = None,
    controllers: Mapping[str, Controller] | None = None,
) -> Reading[Agreement]:
    """Read and check an agreement. Without `agencies` and `controllers` any party is known.

    A fault of shape hides none of the others. Notes are told of an agreement without a fault.
    """
    reading, parsed = _read(text, name, Agreement)
    world = World(catalogue, agencies, controllers)
    if reading.document is None:
        more = _faults_behind(parsed, world)
        return Reading(None, (*reading.faults, *_placed(more, parsed, name)))
    faults = _placed(check_agreement(reading.document, world), parsed, name)
    notes = () if faults else _placed(notes_on(reading.document, world), parsed, name)
    return Reading(None if faults else reading.document, faults, notes)


def _faults_behind(parsed: Parsed, world: World) -> list[CheckFault]:
    """The faults that those of shape would hide, as far as the rest of the document has a sense."""
    mended = Mended(parsed.data)
    document = _mended_document(mended)
    if document is None:
        return []
    faults = [
        CheckFault(mended.original(fault.path), fault.message)
        for fault in check_agreement(document, world)
    ]
    return [fault for fault in faults if not mended.follows(fault.path)]


def _mended_document(mended: Mended) -> Agreement | None:
    for _ in range(_MOST_ROUNDS):
        try:
            return Agreement.model_validate_json(json.dumps(mended.data))
        except ValidationError as error:
            found = [(_place_in(mended.data, each), each["type"]) for each in error.errors()]
        if not mend(mended, found):
            break
    return None


def _place_in(data: Any, fault: "ErrorDetails") -> Place:
    """Where in `data` pydantic means, without the steps it adds for arms of unions and keys."""
    place: Place = ()
    for step in fault["loc"]:
        inside = isinstance(data, dict) and step in data
        if inside or (isinstance(data, list) and isinstance(step, int) and step < len(data)):
            place, data = (*place, step), data[step]
    return (*place, fault["loc"][-1]) if fault["type"] == "missing" else place


def _placed(faults: Iterable[CheckFault], parsed: Parsed, name: str) -> tuple[DocumentFault, ...]:
    return tuple(
        DocumentFault(name, *parsed.place_of(fault.path), fault.message) for fault in faults
    )


def read_controller(text: str, *, name: str) -> Reading[Controller]:
    """Read a controller."""
    return _read(text, name, Controller)[0]


def read_agency(text: str, *, name: str) -> Reading[Agency]:
    """Read an agency."""
    return _read(text, name, Agency)[0]


def _read(text: str, name: str, model: type[T]) -> tuple[Reading[T], Parsed]:
    parsed = parse_yaml(text)
    faults = [
        DocumentFault(name, fault.line, fault.column, fault.message) for fault in parsed.faults
    ]
    document: T | None = None
    try:
        document = model.model_validate_json(json.dumps(parsed.data))
    except ValidationError as error:
        if not (faults and parsed.data is None):
            faults.extend(_shape_faults(error, parsed, name))
    return Reading(None if faults else document, tuple(faults)), parsed


def _shape_faults(error: ValidationError, parsed: Parsed, name: str) -> list[DocumentFault]:
    result = {}
    for detail in error.errors(include_url=False, include_input=False):
        path = _own_steps(detail["loc"], parsed)
        line, column = parsed.place_of(path)
        if detail["type"] == "extra_forbidden":
            message = f"the key {path[-1]!r} is unknown here"
        elif detail["type"] == "missing":
            message = f"the key {detail['loc'][-1]!r} is missing"
        else:
            message = f"{_dotted(path)}: {detail['msg'][:1].lower()}{detail['msg'][1:]}"
        result[line, column, message] = DocumentFault(name, line, column, message)
    return list(result.values())


def _own_steps(loc: tuple[int | str, ...], parsed: Parsed) -> tuple[int | str, ...]:
    """Drop the steps that pydantic adds for the arms of a union and the keys of a mapping."""
    path: tuple[int | str, ...] = ()
    for step in loc:
        if (*path, step) in parsed.places:
            path = (*path, step)
    return path


def _dotted(path: tuple[int | str, ...]) -> str:
    return ".".join(str(step) for step in path) or "the document"
