"""Conditions: the closed list of one-field tests, compiled to functions of decoded data."""

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from concordat.agreements.day import rfc3339
from concordat.agreements.document import Condition
from concordat_events.leaves import Kind, Leaf

# True: holds. False: does not. None: the field is missing, null or of the wrong type.
Verdict = bool | None
Test = Callable[[Any], Verdict]

_PYTHON: dict[Kind, tuple[type, ...]] = {
    Kind.TEXT: (str,),
    Kind.CODE: (str,),
    Kind.DAY: (str,),
    Kind.INSTANT: (str,),
    Kind.INTEGER: (int,),
    Kind.NUMBER: (int, float),
    Kind.BOOLEAN: (bool,),
}


def fault_of(condition: Condition, leaf: Leaf) -> str | None:
    """Why `condition` can never be decided on `leaf`, in one sentence, or None."""
    name, operand = condition.test
    if name == "includes":
        if not leaf.many:
            return f"{leaf.path!r} is not a list, so 'includes' does not apply"
    elif name != "present" and (leaf.many or "[]" in leaf.path):
        return f"{leaf.path!r} is a list; only 'includes' and 'present' apply to it"
    if "[]" in leaf.path:
        return f"{leaf.path!r} is inside a list, where no condition can tell whom it is about"
    if name in ("at_least", "less_than") and leaf.kind not in (Kind.INTEGER, Kind.NUMBER):
        return f"{leaf.path!r} is not a number, so {name!r} does not apply"
    if name == "present":
        return None
    for value in operand if name == "in_" else [operand]:
        if not _is_of(value, leaf.kind) or not _is_written_so(value, leaf.kind):
            return f"{value!r} is not a value of {leaf.path!r}, which holds {leaf.kind.value}"
        if leaf.values and value not in leaf.values:
            return f"{value!r} is not one of the values of {leaf.path!r}"
    return None


def compile_test(condition: Condition, leaf: Leaf) -> Test:
    """Return the test as a function of the field's decoded value (None when it is not there)."""
    name, operand = condition.test
    kind = leaf.kind
    if name == "present":
        return lambda value: value is not None
    if name == "includes":
        return lambda value: operand in value if isinstance(value, list) else None
    if name == "in_":
        allowed = frozenset(operand)
        return lambda value: value in allowed if _is_of(value, kind) else None
    if name == "at_least":
        return lambda value: value >= operand if _is_of(value, kind) else None
    if name == "less_than":
        return lambda value: value < operand if _is_of(value, kind) else None
    return lambda value: value == operand if _is_of(value, kind) else None


def _is_written_so(value: object, kind: Kind) -> bool:
    """Whether an event could hold `value` letter by letter: instants stand there in UTC."""
    if not isinstance(value, str):
        return True
    try:
        if kind is Kind.DAY:
            return date.fromisoformat(value).isoformat() == value
        if kind is Kind.INSTANT:
            return rfc3339(datetime.fromisoformat(value)) == value
    except ValueError:
        return False
    return True


def _is_of(value: Any, kind: Kind) -> bool:
    # bool is an int to Python, not to an agreement.
    if isinstance(value, bool) and kind is not Kind.BOOLEAN:
        return False
    return isinstance(value, _PYTHON[kind])
