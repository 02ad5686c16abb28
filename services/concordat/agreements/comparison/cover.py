"""Sets of boxes: whether some cover others, exactly, or not within a stated number of steps.

A box says per dimension which cells it takes, as bits; a dimension that it does not name is taken
whole. A share's conditions are such a box, because each of them tests one field.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Dim = tuple[str, Any]
Box = Mapping[Dim, int]
Beyond = Mapping[Dim, int]
Part = tuple[Box, Sequence[Box]]

STEPS = 100_000
"""How many pairs of boxes one question may compare: about half a second."""


class TooLarge(Exception):
    """The question takes more than the stated number of steps; nothing is known of the answer."""


def is_empty(box: Box) -> bool:
    """Whether a dimension is left without a cell."""
    return not all(box.values())


def remainder(part: Box, others: Sequence[Box], full: Mapping[Dim, int]) -> Box | None:
    """Return a box inside `part` that no box of `others` meets; None when they cover `part`.

    `full` has every cell of every dimension. Raises `TooLarge` beyond `STEPS`.
    """
    if is_empty(part):
        return None
    steps = 0
    open_parts: list[Part] = [(part, others)]
    while open_parts:
        part, others = open_parts.pop()
        steps += len(others) + 1
        if steps > STEPS:
            raise TooLarge
        meeting = [(_beyond(part, each, full), each) for each in others if _meet(part, each)]
        if not meeting:
            return part
        # What sticks out least: nothing ends this part, one dimension shrinks it without branching.
        beyond, box = min(meeting, key=lambda each: len(each[0]))
        if len(beyond) == 1:
            open_parts += _shrunk(part, next(iter(beyond)), meeting)
            continue
        rest = [each for _, each in meeting if each is not box]
        open_parts += ((piece, rest) for piece in _outside(part, box, beyond))
    return None


def _meet(part: Box, box: Box) -> bool:
    return all(part.get(dim, mask) & mask for dim, mask in box.items())


def _beyond(part: Box, box: Box, full: Mapping[Dim, int]) -> Beyond:
    """Per dimension in which `part` sticks out of `box`: the cells outside."""
    return {
        dim: outside for dim, mask in box.items() if (outside := part.get(dim, full[dim]) & ~mask)
    }


def _shrunk(part: Box, dim: Dim, meeting: Sequence[tuple[Beyond, Box]]) -> Iterable[Part]:
    """What is left when every box goes that `part` sticks out of in `dim` alone."""
    left = -1
    for beyond, _ in meeting:
        if beyond.keys() == {dim}:
            left &= beyond[dim]
    if left:
        yield {**part, dim: left}, [box for beyond, box in meeting if beyond.keys() != {dim}]


def _outside(part: Box, box: Box, beyond: Beyond) -> Iterable[Box]:
    """Divide what of `part` lies outside `box` into boxes that do not overlap."""
    inside = dict(part)
    for dim, outside in beyond.items():
        yield {**inside, dim: outside}
        inside[dim] = inside.get(dim, box[dim]) & box[dim]
