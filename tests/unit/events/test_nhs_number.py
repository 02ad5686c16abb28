"""The check digit of an NHS number (NHS Data Dictionary), against an independent library."""

import nhs_number
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from concordat_events.fields import NhsNumber
from event_strategies import THOROUGH, nhs_numbers

ADAPTER: TypeAdapter[str] = TypeAdapter(NhsNumber)


def _valid(number: str) -> bool:
    try:
        ADAPTER.validate_python(number)
    except ValidationError:
        return False
    return True


@pytest.mark.parametrize("number", ["9434765919", "4010232137", "9999999468", "0000000000"])
def test_a_number_with_its_check_digit_is_valid(number: str) -> None:
    assert _valid(number)


@pytest.mark.parametrize(
    "number",
    [
        "9434765918",
        "943 476 5919",
        "943476591",
        "94347659190",
        "\uff19434765919",
        "9434765919\n",
        "",
        "943476591X",
        # Weighted sum of remainder 1: the check digit would be 10, so no number has this stem.
        *(f"000000006{digit}" for digit in "0123456789"),
    ],
)
def test_any_other_is_not(number: str) -> None:
    if number.startswith("000000006"):
        stem_sum = 6 * 2
        assert 11 - stem_sum % 11 == 10
    assert not _valid(number)


@THOROUGH
@given(nhs_numbers(), st.integers(0, 9), st.integers(1, 9))
def test_every_single_wrong_digit_is_noticed(number: str, place: int, shift: int) -> None:
    assert _valid(number)
    wrong = str((int(number[place]) + shift) % 10)
    assert not _valid(number[:place] + wrong + number[place + 1 :])


@THOROUGH
@given(st.text("0123456789", min_size=10, max_size=10))
def test_it_agrees_with_the_library_of_the_field(number: str) -> None:
    # That library also refuses ranges that were never issued, so it may only be the stricter one.
    assert _valid(number) or not nhs_number.is_valid(number)  # type: ignore[attr-defined]
