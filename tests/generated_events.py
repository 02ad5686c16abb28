"""A fast, seeded source of valid events of every published type, for a million comparisons.

Values come from small pools, so that conditions on them hold about as often as not.
"""

import re
from collections.abc import Callable
from random import Random
from typing import Any

from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import Kind, Leaf, leaves
from event_strategies import IDENTIFIERS, WORDS, Plain

TYPES = tuple(sorted(CATALOGUE))
DAYS = ["1999-12-31", "2000-01-01", "2015-06-30"]
# Of the last two, one is a day, a month or a year later in London than in UTC, one is not.
INSTANTS = [
    "2000-01-01T00:00:00Z",
    "2025-12-01T00:00:00.500000Z",
    "2015-06-30T23:30:00Z",
    "2015-06-30T22:59:59Z",
]
NUMBERS = [0, 1, 2, 5, 10, -1.25, 0.5, 7]
TEXTS = [
    *WORDS,
    *sorted({value for own in IDENTIFIERS.values() for value in own.values()}),
    "WR1 1AA",
    "B7 4BB",
    "SC123456",
    "2025-12",
    "subject-0001",
    "subject-0002",
    "100012345678",
]
NHS_NUMBERS = ["9000000009", "9000000017"]  # from the range that is never issued
Make = Callable[[Random], Any]


def pool_of(leaf: Leaf) -> list[Any]:
    """The values that generated events hold in a field (in a list: the items)."""
    if leaf.values:
        return sorted(leaf.values)
    if leaf.path.endswith("nhs_number"):
        return NHS_NUMBERS
    if leaf.kind in (Kind.INTEGER, Kind.NUMBER):
        low = -180 if leaf.minimum is None else leaf.minimum
        whole = leaf.kind is Kind.INTEGER
        return [n for n in NUMBERS if low <= n and (isinstance(n, int) or not whole)]
    if leaf.kind is Kind.TEXT:
        found = [text for text in TEXTS if re.fullmatch(leaf.pattern or "", text)]
        assert found, f"no text for {leaf.path}"
        return found
    by_kind: dict[Kind, list[Any]] = {
        Kind.BOOLEAN: [True, False],
        Kind.DAY: DAYS,
        Kind.INSTANT: INSTANTS,
    }
    return by_kind[leaf.kind]


POOLS = {
    name: {path: pool_of(leaf) for path, leaf in leaves(model).items()}
    for name, model in CATALOGUE.items()
}


def data_of(draw: Random, event_type: str) -> Plain:
    """Valid data of a type: of what may be missing, about a quarter is, or is null."""
    made: Plain = _MAKERS[event_type](draw)
    return made


def event_of(draw: Random, number: int, event_type: str, publisher: str, denied: str) -> Plain:
    """A whole event as plain JSON; `denied` are agencies joined by commas, or nothing."""
    event = {
        "specversion": "1.0",
        "id": f"event-{number:06d}",
        "source": f"//{publisher}",
        "type": event_type,
        "time": "2026-01-05T10:00:00Z",
        "subject": f"case-{number % 7:06d}",
        "data": data_of(draw, event_type),
    }
    return {**event, "withholdfrom": denied} if denied else event


def _maker(schema: Plain, definitions: Plain, event_type: str, path: str) -> Make:
    """A function that makes values of a published JSON Schema, for the field at `path`."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rsplit("/", 1)[1]]
    if "anyOf" in schema:
        (inner,) = (arm for arm in schema["anyOf"] if arm.get("type") != "null")
        return _maker(inner, definitions, event_type, path)
    if schema.get("type") == "object":
        return _object_maker(schema, definitions, event_type, path)
    if schema.get("type") == "array" and path not in POOLS[event_type]:
        item = _maker(schema["items"], definitions, event_type, path + "[]")
        return lambda draw: [item(draw) for _ in range(draw.randrange(4))]
    pool = POOLS[event_type][path]
    if schema.get("type") == "array":
        return lambda draw: draw.sample(pool, min(len(pool), draw.randrange(4)))
    return lambda draw: draw.choice(pool)


def _object_maker(schema: Plain, definitions: Plain, event_type: str, path: str) -> Make:
    prefix = f"{path}." if path else ""
    required = set(schema.get("required", []))
    fields = [
        (name, name in required, _maker(each, definitions, event_type, prefix + name))
        for name, each in schema["properties"].items()
    ]

    def make(draw: Random) -> Plain:
        made = {}
        for name, always, value in fields:
            chance = 1.0 if always else draw.random()
            if chance > 0.25:
                made[name] = value(draw)
            elif chance > 0.18:
                made[name] = None
        return made

    return make


_SCHEMAS = {name: model.model_json_schema() for name, model in CATALOGUE.items()}
_MAKERS = {
    name: _maker(schema, schema.get("$defs", {}), name, "") for name, schema in _SCHEMAS.items()
}
