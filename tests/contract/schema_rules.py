"""What every published schema must be: closed, and marked at every leaf."""

from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]


def open_objects(schema: Schema) -> list[str]:
    """Places of objects that would accept a key nobody declared."""
    return sorted(_open(schema, "#"))


def marks(schema: Schema) -> dict[str, str | None]:
    """Path of every leaf (dotted, with `[]`) and its `x-sensitivity`, None where it has none."""
    return dict(_leaves(schema, schema, ""))


def _open(node: Any, place: str) -> Iterator[str]:
    if isinstance(node, list):
        for index, child in enumerate(node):
            yield from _open(child, f"{place}/{index}")
    if isinstance(node, dict):
        if node.get("type") == "object" and node.get("additionalProperties") is not False:
            yield place
        for key, child in node.items():
            yield from _open(child, f"{place}/{key}")


def _leaves(root: Schema, node: Schema, prefix: str) -> Iterator[tuple[str, str | None]]:
    for name, field in node["properties"].items():
        inner, many = _inside(root, field)
        if "properties" in inner:
            yield from _leaves(root, inner, f"{prefix}{name}{'[]' if many else ''}.")
        else:
            yield prefix + name, field.get("x-sensitivity")


def _inside(root: Schema, field: Schema) -> tuple[Schema, bool]:
    """The schema of the value, through null, reference and list."""
    many = False
    while True:
        if "anyOf" in field:
            (field,) = (arm for arm in field["anyOf"] if arm != {"type": "null"})
        elif "$ref" in field:
            field = root["$defs"][field["$ref"].removeprefix("#/$defs/")]
        elif field.get("type") == "array":
            field, many = field["items"], True
        else:
            return field, many
