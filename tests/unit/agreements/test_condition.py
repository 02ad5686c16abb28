"""Conditions: a closed list, and what is not there is not known."""

from typing import Any

import pytest

from concordat.agreements.condition import compile_test, fault_of
from concordat.agreements.document import Condition
from concordat_events.catalogue import CATALOGUE
from concordat_events.leaves import leaves

KNOWN = dict(leaves(CATALOGUE["domestic-abuse.incident-recorded.v1"])) | {
    "longitude": leaves(CATALOGUE["community-safety.crime-recorded.v1"])["location.longitude"]
}


def _holds(field: str, test: str, operand: Any, value: Any) -> bool | None:
    condition = Condition.model_validate({"field": field, test: operand})
    assert fault_of(condition, KNOWN[field]) is None
    return compile_test(condition, KNOWN[field])(value)


@pytest.mark.parametrize(
    ("field", "test", "operand", "value", "holds"),
    [
        ("grade", "is", "high", "high", True),
        ("grade", "is", "high", "medium", False),
        ("narrative", "is", "x", "x ", False),
        ("narrative", "is", "", "", True),
        ("pregnant", "is", True, True, True),
        ("pregnant", "is", False, False, True),
        ("pregnant", "is", False, True, False),
        ("ticks", "is", 0, 0, True),
        ("ticks", "is", 1, 2, False),
        ("longitude", "is", 1, 1.0, True),
        ("victim.dob", "is", "1990-01-01", "1990-01-01", True),
        ("grade", "in", ["high", "medium"], "medium", True),
        ("grade", "in", ["high", "medium"], "standard", False),
        ("ticks", "in", [1, 2], 2, True),
        ("ticks", "in", [1, 2], 0, False),
        ("ticks", "at_least", 14, 14, True),
        ("ticks", "at_least", 14, 13, False),
        ("ticks", "at_least", 0, 0, True),
        ("ticks", "less_than", 14, 13, True),
        ("ticks", "less_than", 14, 14, False),
        ("ticks", "less_than", 0, 0, False),
        ("longitude", "at_least", -1.5, -1.5, True),
        ("longitude", "at_least", -1.5, -1.51, False),
        ("longitude", "less_than", 0, -0.1, True),
        ("offences", "includes", "stalking", ["assault", "stalking"], True),
        ("offences", "includes", "stalking", ["assault"], False),
        ("offences", "includes", "stalking", [], False),
        ("offences", "includes", "stalk", ["stalking"], False),
        ("offences", "present", True, [], True),
        ("narrative", "present", True, "x", True),
        ("pregnant", "present", True, False, True),
        ("ticks", "present", True, 0, True),
        ("narrative", "present", True, None, False),
        ("offences", "present", True, None, False),
    ],
)
def test_it_holds_or_it_does_not(
    field: str, test: str, operand: Any, value: Any, holds: bool
) -> None:
    assert _holds(field, test, operand, value) is holds


@pytest.mark.parametrize(
    ("field", "test", "operand"),
    [
        ("grade", "is", "high"),
        ("grade", "in", ["high"]),
        ("pregnant", "is", False),
        ("ticks", "is", 0),
        ("ticks", "at_least", 0),
        ("ticks", "less_than", 1),
        ("offences", "includes", "stalking"),
    ],
)
@pytest.mark.parametrize("value", [None, {}, [[]], object()])
def test_what_is_missing_or_of_another_type_is_not_known(
    field: str, test: str, operand: Any, value: Any
) -> None:
    if test == "includes" and isinstance(value, list):
        value = "stalking"
    assert _holds(field, test, operand, value) is None


@pytest.mark.parametrize(
    ("field", "operand", "value"),
    [
        ("ticks", 1, True),
        ("ticks", 1, "1"),
        ("pregnant", True, 1),
        ("pregnant", False, 0),
        ("grade", "high", ["high"]),
    ],
)
def test_types_are_never_converted(field: str, operand: Any, value: Any) -> None:
    assert _holds(field, "is", operand, value) is None


def test_true_is_not_one_in_a_list_of_numbers() -> None:
    assert _holds("ticks", "in", [0, 1], True) is None
    assert _holds("ticks", "at_least", 1, True) is None


@pytest.mark.parametrize(
    ("field", "test", "operand"),
    [
        ("ticks", "is", True),
        ("pregnant", "is", 1),
        ("ticks", "in", [1, True]),
        ("ticks", "is", 1.5),
        ("offences", "is", "stalking"),
        ("offences", "includes", 5),
        ("children[].present", "includes", True),
        ("children[].present", "present", True),
        ("grade", "less_than", 5),
        ("pregnant", "at_least", 1),
        ("victim.dob", "at_least", 1990),
    ],
)
def test_a_condition_that_can_never_be_decided_is_a_fault(
    field: str, test: str, operand: Any
) -> None:
    condition = Condition.model_validate({"field": field, test: operand}, strict=True)
    assert fault_of(condition, KNOWN[field]) is not None


@pytest.mark.parametrize(
    "condition",
    [
        {"field": "grade"},
        {"field": "grade", "is": "high", "present": True},
        {"field": "grade", "present": False},
        {"field": "grade", "not": "high"},
        {"field": "grade", "in": []},
        {"field": "ticks", "at_least": "1"},
        {"field": "ticks", "at_least": True},
        {"field": "grade", "is": ["high"]},
        {"field": "grade or ticks", "present": True},
        {"field": "", "present": True},
    ],
)
def test_the_list_of_conditions_is_closed(condition: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        Condition.model_validate(condition)
