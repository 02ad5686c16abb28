"""A view is a type: what it has no field for cannot be encoded (P1)."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from concordat.agreements.coarse_view import Slot, coarsen_to
from concordat.agreements.coarsening import parts_of
from concordat_events.fields import Data
from concordat_events.leaves import Kind, Leaf, leaves

_SCALARS: dict[Kind, type] = {
    Kind.TEXT: str,
    Kind.CODE: str,
    Kind.DAY: str,
    Kind.INSTANT: str,
    Kind.INTEGER: int,
    Kind.NUMBER: float,
    Kind.BOOLEAN: bool,
}
Tree = dict[str, "Tree | Leaf"]
Prune = Callable[[Any], None]


class View:
    """The permitted fields of one event type as a decoder: bytes of `data` in, only them out."""

    __slots__ = ("_coarsen", "_decode", "_prune", "fields")

    def __init__(self, model: type[Data], names: Iterable[str]) -> None:
        """`names` are of sent fields: paths of leaves of `model`, or "`path` as `coarsening`".

        Any other is a `KeyError`.
        """
        known = leaves(model)
        self.fields = tuple(sorted(names))
        parts = [parts_of(name) for name in self.fields]
        read, prune = _struct("Read", _tree({path: known[path] for path, _ in parts}))
        self._decode = msgspec.json.Decoder(read).decode
        self._prune, self._coarsen = prune, None
        if any(coarsening for _, coarsening in parts):
            slots = [Slot(known[path], coarsening) for path, coarsening in parts]
            tree = _tree({slot.sent.path: slot.sent for slot in slots})
            view, self._prune = _struct("View", tree)
            self._coarsen = coarsen_to(view, slots)

    def project(self, data: bytes | msgspec.Raw) -> msgspec.Struct:
        """Return the permitted part of `data`, encodable; raises `msgspec.ValidationError`.

        An object or list element of which nothing is permitted, or nothing was filled in, leaves
        no trace: an empty one would tell that there is something.
        """
        value: msgspec.Struct = self._decode(data)
        if self._coarsen is not None:
            value = self._coarsen(value)
        self._prune(value)
        return value


def reader(model: type[Data], fields: Iterable[str]) -> tuple[Callable[[Any], Any], dict[str, Any]]:
    """Return a decoder of just `fields` (none inside a list) and a getter per field.

    A getter gives the decoded value, or None when it is missing anywhere on its way.
    """
    known = leaves(model)
    paths = sorted(set(fields))
    struct, _ = _struct("Conditions", _tree({path: known[path] for path in paths}))
    getters = {path: _getter(path.split(".")) for path in paths}
    return msgspec.json.Decoder(struct).decode, getters


def _getter(steps: list[str]) -> Callable[[Any], Any]:
    first, *rest = steps
    if not rest:
        return lambda value: getattr(value, first)

    def get(value: Any) -> Any:
        for step in steps:
            if value is None:
                return None
            value = getattr(value, step)
        return value

    return get


def _tree(wanted: Mapping[str, Leaf]) -> Tree:
    tree: Tree = {}
    for path, leaf in wanted.items():
        *parents, last = path.split(".")
        node = tree
        for parent in parents:
            child = node.setdefault(parent, {})
            assert isinstance(child, dict)
            node = child
        node[last] = leaf
    return tree


def _struct(name: str, tree: Tree) -> tuple[type[msgspec.Struct], Prune]:
    fields: list[tuple[str, Any, Any]] = []
    inner: list[tuple[str, bool, Any, Prune]] = []
    for key, node in tree.items():
        attribute = key.removesuffix("[]")
        if isinstance(node, Leaf):
            scalar: Any = _SCALARS[node.kind]
            fields.append((attribute, (list[scalar] if node.many else scalar) | None, None))
            continue
        child, prune = _struct(f"{name}_{attribute}", node)
        many = key.endswith("[]")
        fields.append((attribute, (list[child] if many else child) | None, None))  # type: ignore[valid-type]
        inner.append((attribute, many, child(), prune))
    struct = msgspec.defstruct(name, fields, omit_defaults=True)
    return struct, _pruner(inner)


def _pruner(inner: list[tuple[str, bool, Any, Prune]]) -> Prune:
    def prune(value: Any) -> None:
        for attribute, many, empty, prune_child in inner:
            child = getattr(value, attribute)
            if child is None:
                continue
            for each in child if many else [child]:
                prune_child(each)
            if many:
                setattr(value, attribute, [each for each in child if each != empty] or None)
            elif child == empty:
                setattr(value, attribute, None)

    return prune
