"""The events that meet conditions, as boxes of cells; what one set of them has beyond another."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from concordat.agreements.comparison.cover import Box, Dim, TooLarge, is_empty, remainder
from concordat.agreements.comparison.domain import cells_of, code_cells, list_cells
from concordat.agreements.condition import compile_test, fault_of
from concordat.agreements.document import Condition
from concordat_events.leaves import Leaf

_SIGNED = (True, False)
_NO_FIELD = ""


class Space:
    """Everything that can be the case as far as some conditions look, for one event type.

    Its dimensions: what each field holds; per list and code, whether the list holds the code; per
    agency in `signers`, whether its controller has signed. `companions` gives for a field what is
    never filled in without it (the start of a path). Conditions must have no fault.
    """

    def __init__(
        self,
        known: Mapping[str, Leaf],
        conditions: Iterable[Condition],
        signers: Iterable[str] = (),
        companions: Mapping[str, str] | None = None,
    ) -> None:
        self._known = known
        self._cells: dict[Dim, tuple[Any, ...]] = {
            (_NO_FIELD, agency): _SIGNED for agency in signers
        }
        self._cells |= _dimensions(known, conditions)
        self._full = {dim: (1 << len(cells)) - 1 for dim, cells in self._cells.items()}
        self._unreal = list(self._never(companions or {}))

    def box_of(self, conditions: Iterable[Condition], signers: Iterable[str] = ()) -> Box:
        """Return the events that meet every one of `conditions` once all `signers` have signed."""
        box: dict[Dim, int] = {(_NO_FIELD, agency): 1 << _SIGNED.index(True) for agency in signers}
        for condition in conditions:
            for dim, mask in self._masks(condition):
                box[dim] = box.get(dim, mask) & mask
        return box

    def is_always(self, box: Box) -> bool:
        """Whether every event lies in `box`."""
        return all(mask == self._full[dim] for dim, mask in box.items())

    def covers(self, bigger: Sequence[Box], smaller: Sequence[Box]) -> bool | None:
        """Whether every event in `smaller` is in `bigger`; None when that is too large to tell."""
        try:
            return self.beyond(bigger, smaller) is None
        except TooLarge:
            return None

    def beyond(self, bigger: Sequence[Box], smaller: Sequence[Box]) -> Box | None:
        """Return a box of events in `smaller` and not in `bigger`, or None. Raises `TooLarge`."""
        others = [*bigger, *self._unreal]
        found = (remainder(box, others, self._full) for box in smaller if box not in bigger)
        return next((box for box in found if box is not None), None)

    def sample(self, box: Box) -> dict[str, Any]:
        """Return what the fields that `box` limits may hold in it, by path; None when missing."""
        values: dict[str, Any] = {}
        for dim, value in self._limited(box):
            path, code = dim
            if path == _NO_FIELD:
                continue
            if code is None:
                values[path] = value
            elif values.get(path, []) is not None:
                values[path] = [*values.get(path, []), *value]
        return values

    def unsigned(self, box: Box) -> list[str]:
        """Return the agencies whose controllers have not signed, as far as `box` limits that."""
        return [dim[1] for dim, value in self._limited(box) if dim[0] == _NO_FIELD and not value]

    def _limited(self, box: Box) -> list[tuple[Dim, Any]]:
        return [
            (dim, cells[(mask & -mask).bit_length() - 1])  # the lowest bit: missing comes last
            for dim, cells in self._cells.items()
            if (mask := box.get(dim, self._full[dim])) != self._full[dim]
        ]

    def _masks(self, condition: Condition) -> Iterable[tuple[Dim, int]]:
        path, (name, operand) = condition.field, condition.test
        test = compile_test(condition, self._known[path])
        if name != "includes":
            yield (path, None), self._mask((path, None), test)
            return
        yield (path, None), self._mask((path, None), _is_there)
        yield (path, operand), self._mask((path, operand), test)

    def _mask(self, dim: Dim, test: Any) -> int:
        return sum(1 << bit for bit, value in enumerate(self._cells[dim]) if test(value))

    def _never(self, companions: Mapping[str, str]) -> Iterable[Box]:
        """What no event is: a field filled in without its companion."""
        there = {
            dim[0]: (dim, self._mask(dim, _is_there))
            for dim in self._cells
            if dim[0] != _NO_FIELD and dim[1] is None
        }
        for path, start in companions.items():
            for other in there:
                if path in there and other != path and other.startswith(start):
                    dim, filled = there[path]
                    yield {dim: self._full[dim] & ~filled, there[other][0]: there[other][1]}


def impossible(conditions: Sequence[Condition], known: Mapping[str, Leaf]) -> bool:
    """Whether no event at all meets every one of `conditions`; faulty ones are passed over."""
    sound = [each for each in conditions if _is_sound(each, known)]
    return is_empty(Space(known, sound).box_of(sound))


def always_true(condition: Condition, leaf: Leaf) -> bool:
    """Whether `condition` holds for every valid event of the type."""
    known = {condition.field: leaf}
    if not _is_sound(condition, known):
        return False
    space = Space(known, [condition])
    return space.is_always(space.box_of([condition]))


def _is_sound(condition: Condition, known: Mapping[str, Leaf]) -> bool:
    return condition.field in known and fault_of(condition, known[condition.field]) is None


def _is_there(value: Any) -> bool:
    return value is not None


def _dimensions(
    known: Mapping[str, Leaf], conditions: Iterable[Condition]
) -> dict[Dim, tuple[Any, ...]]:
    operands: dict[str, list[Any]] = {}
    for condition in conditions:
        name, operand = condition.test
        values = operand if name == "in_" else [] if name == "present" else [operand]
        operands.setdefault(condition.field, []).extend(values)
    cells: dict[Dim, tuple[Any, ...]] = {}
    for path, values in operands.items():
        leaf = known[path]
        if leaf.many:
            cells[path, None] = list_cells(leaf)
            cells |= {(path, code): code_cells(code) for code in values}
        else:
            cells[path, None] = cells_of(leaf, values)
    return cells
