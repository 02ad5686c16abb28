"""What a field can hold, divided into cells: values that no condition at hand tells apart.

A cell is known by a sample, a value as decoded (None: the field is missing). What a compiled test
says of the sample it says of the whole cell, so nothing here repeats what the tests mean.
"""

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from concordat_events.leaves import Kind, Leaf

_OTHER = {Kind.DAY: "another day", Kind.INSTANT: "another instant"}


def cells_of(leaf: Leaf, operands: Iterable[Any]) -> tuple[Any, ...]:
    """Return a sample of each cell of a single field, given every operand of its conditions.

    Every value that an event can hold lies in one of the cells. A text may be any text here, even
    one that the field's pattern forbids.
    """
    known = set(operands)
    if leaf.kind is Kind.BOOLEAN:
        values: tuple[Any, ...] = (True, False)
    elif leaf.values:
        values = tuple(sorted(leaf.values))
    elif leaf.kind in (Kind.INTEGER, Kind.NUMBER):
        values = _numbers(leaf, known)
    else:
        values = (*sorted(known), _another(leaf.kind, known))
    return values if leaf.required else (*values, None)


def list_cells(leaf: Leaf) -> tuple[Any, ...]:
    """Return a sample of each cell of whether a list is there; an empty one is."""
    return ([],) if leaf.required else ([], None)


def code_cells(code: Any) -> tuple[Any, ...]:
    """Return a sample of each cell of whether a list holds `code`."""
    return ([code], [])


def _another(kind: Kind, known: set[Any]) -> str:
    word = _OTHER.get(kind, "another value")
    while word in known:
        word += "!"
    return word


def _numbers(leaf: Leaf, operands: set[Any]) -> tuple[Any, ...]:
    """The operands and limits as points, and one number of each open interval between them."""
    limits = {limit for limit in (leaf.minimum, leaf.maximum) if limit is not None}
    points = sorted(operands | limits)
    whole = leaf.kind is Kind.INTEGER
    between = _whole_between if whole else _real_between
    samples = [
        *(int(point) if whole else point for point in points if not whole or point == int(point)),
        *(between(low, high) for low, high in pairwise([-math.inf, *points, math.inf])),
    ]
    low = -math.inf if leaf.minimum is None else leaf.minimum
    high = math.inf if leaf.maximum is None else leaf.maximum
    return tuple(sorted(each for each in samples if each is not None and low <= each <= high))


def _whole_between(low: float, high: float) -> int | None:
    if low == -math.inf:
        return 0 if high == math.inf else math.ceil(high) - 1
    value = math.floor(low) + 1
    return value if value < high else None


def _real_between(low: float, high: float) -> float | None:
    """A double strictly between the two, or None when there is none."""
    if math.isinf(low) or math.isinf(high):
        middle = low + 1 if high == math.inf else high - 1
    else:
        middle = low / 2 + high / 2
    near = (middle if math.isfinite(middle) else 0.0, math.nextafter(low, high))
    return next((float(each) for each in near if low < each < high), None)
