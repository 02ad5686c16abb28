"""The example events, and what their names promise."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator

from concordat.runtime.settings import CONTRACTS
from concordat_events.envelope import read_event
from concordat_events.faults import FaultCode, InvalidEvent

FOLDER = CONTRACTS / "events" / "examples"
# What a schema can see as well as the codec can.
_SEEN_BY_SCHEMAS = (FaultCode.MISSING, FaultCode.UNDECLARED, FaultCode.WRONG_TYPE)
_LEAST = {"valid": 2, "invalid": 5}


@dataclass(frozen=True)
class Example:
    """One file: the type's folder, its name, its bytes."""

    event_type: str
    name: str
    value: bytes

    def __str__(self) -> str:
        return f"{self.event_type}/{self.name}"


def examples() -> list[Example]:
    """Every file below events/examples."""
    return [
        Example(path.parent.relative_to(FOLDER).as_posix(), path.stem, path.read_bytes())
        for path in sorted(FOLDER.rglob("*"))
        if path.is_file()
    ]


def valid_examples() -> list[Example]:
    """Those that are admitted."""
    return [example for example in examples() if example.name.startswith("valid-")]


def promised(name: str) -> FaultCode | None:
    """The fault that the name of an example promises; None for a valid one."""
    if name.startswith("valid-"):
        return None
    said = name.removeprefix("invalid-")
    for code in FaultCode:
        kebab = code.value.lower().replace("_", "-")
        if name.startswith("invalid-") and f"{said}-".startswith(f"{kebab}-"):
            return code
    raise ValueError(f"{name!r} promises no fault")


def broken_promise(example: Example, schema: dict[str, Any]) -> str | None:
    """How codec or schema contradict the example's name, or None."""
    code = promised(example.name)
    try:
        event = read_event(example.value)
    except InvalidEvent as refused:
        if {fault.code for fault in refused.faults} != {code}:
            return f"the codec says {refused}"
        seen = code in _SEEN_BY_SCHEMAS and refused.faults[0].path.startswith("data.")
        return "the schema accepts it" if seen and _fits(example, schema) else None
    if code is not None:
        return "the codec accepts it"
    if event.type != example.event_type:
        return "its type is not the folder's"
    return None if _fits(example, schema) else "the schema refuses it"


def too_few(event_types: Iterable[str], given: Iterable[Example]) -> list[str]:
    """What is missing: enough valid and invalid examples of each published type."""
    names = [(example.event_type, example.name.split("-")[0]) for example in given]
    return [
        f"{event_type}: {names.count((event_type, kind))} {kind}"
        for event_type in event_types
        for kind, least in _LEAST.items()
        if names.count((event_type, kind)) < least
    ]


def _fits(example: Example, schema: dict[str, Any]) -> bool:
    return Draft202012Validator(schema).is_valid(json.loads(example.value)["data"])
