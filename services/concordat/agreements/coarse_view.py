"""From what a view reads to what it sends, where some of it is coarsened."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import msgspec

from concordat.agreements.coarsening import Coarsening, coarsener
from concordat_events.leaves import Kind, Leaf

Convert = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """One sent field: the leaf that is read, and in which coarsening it is sent."""

    leaf: Leaf
    coarsening: Coarsening | None

    @property
    def sent(self) -> Leaf:
        """The leaf that is sent: another name and kind where the field is coarsened."""
        if self.coarsening is None:
            return self.leaf
        kind = Kind.BOOLEAN if self.coarsening is Coarsening.PRESENT else Kind.TEXT
        return replace(
            self.leaf, path=self.leaf.path + self.coarsening.suffix, kind=kind, many=False
        )


def coarsen_to(view: type[msgspec.Struct], slots: Iterable[Slot]) -> Convert:
    """Return a function from a value that was read to one of the type `view`.

    It raises `msgspec.ValidationError` for a value that a coarsening cannot read.
    """
    convert = _converter(view, [(slot.leaf.path.split("."), slot) for slot in slots])

    def coarsen(value: Any) -> Any:
        try:
            return convert(value)
        except (ValueError, TypeError, OverflowError):
            raise msgspec.ValidationError("a field cannot be coarsened") from None

    return coarsen


def _converter(view: Any, slots: list[tuple[list[str], Slot]]) -> Convert:
    inner: defaultdict[str, list[tuple[list[str], Slot]]] = defaultdict(list)
    moves: list[tuple[str, str, Convert]] = []
    for (first, *rest), slot in slots:
        if rest:
            inner[first].append((rest, slot))
        else:
            sent = slot.sent.path.rpartition(".")[2]
            make = coarsener(slot.coarsening, slot.leaf) if slot.coarsening else _same
            moves.append((first, sent, make))
    for step, below in inner.items():
        attribute = step.removesuffix("[]")
        child = _converter(_type_of(view, attribute), below)
        moves.append((attribute, attribute, _each(child) if step.endswith("[]") else child))

    def convert(value: Any) -> Any:
        found = ((sent, make, getattr(value, read)) for read, sent, make in moves)
        return view(**{sent: make(raw) for sent, make, raw in found if raw is not None})

    return convert


def _same(value: Any) -> Any:
    return value


def _each(child: Convert) -> Convert:
    return lambda values: [child(value) for value in values]


def _type_of(view: Any, attribute: str) -> Any:
    """The struct type of a nested object, or of the items of a list of them."""
    known = {field.name: field.type for field in msgspec.structs.fields(view)}
    (annotation,) = (arm for arm in known[attribute].__args__ if arm is not type(None))
    return annotation.__args__[0] if hasattr(annotation, "__args__") else annotation
