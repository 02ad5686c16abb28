"""A key is added to a controller's file by lines of text; everything else stays as it was."""

from datetime import date

import pytest

from concordat.agreements.checking.reading import read_controller
from concordat.agreements.key_text import NoPlaceForKey, add_key, key_text, next_kid
from concordat.agreements.parties import SigningKey

KEY = SigningKey(
    kid="council-2026-2",
    x="-" + "A" * 42,
    valid_from=date(2026, 1, 1),
    valid_until=date(2027, 1, 1),
)
OLD = SigningKey(kid="council-2026-1", x="B" * 42 + "A", valid_from=date(2026, 1, 1))
HEAD = "# The county.\nschema: concordat/controller/v1\nid: council\nname: Council  # invented\n"
LIST = f"""keys:
  # made at the ceremony
  - kid: {OLD.kid}
    x: {OLD.x}   # public
    valid_from: 2026-01-01 # a day of London
"""
FILES = {
    "without keys": HEAD,
    "without a last newline": HEAD.rstrip("\n"),
    "an empty list": HEAD + "keys: []\n",
    "an empty list with a comment": HEAD + "keys: []  # none yet\nico_number: Z1\n",
    "nothing": HEAD + "keys:\nico_number: Z1\n",
    "a list": HEAD + LIST,
    "a list without a last newline": HEAD + LIST.rstrip("\n"),
    "a list in the middle": HEAD + LIST + "# its number\nico_number: Z1\n",
    "a list at the margin": HEAD + LIST.replace("\n  ", "\n") + "ico_number: Z1\n",
}


def _keys(text: str) -> list[SigningKey]:
    reading = read_controller(text, name="council.yaml")
    assert reading.document is not None, reading.faults
    return reading.document.keys


@pytest.mark.parametrize("name", [name for name in FILES if name != "nothing"])
def test_the_key_is_added_after_the_others_and_no_line_is_lost(name: str) -> None:
    text = FILES[name]
    added = add_key(text, KEY)
    assert _keys(added) == [*_keys(text), KEY]
    lost = [line.rstrip() for line in text.splitlines() if line.rstrip() not in added.splitlines()]
    assert lost in ([], ["keys: []"], ["keys: []  # none yet"])
    assert added.count("#") == text.count("#")


def test_an_empty_value_is_filled_in() -> None:
    assert _keys(add_key(FILES["nothing"], KEY)) == [KEY]


def test_keys_added_one_after_another_stand_in_that_order() -> None:
    text = HEAD
    kids: list[str] = []
    for number in range(3):
        key = OLD.model_copy(
            update={"kid": f"council-2026-{number}", "x": "CDE"[number] * 42 + "A"}
        )
        text, kids = add_key(text, key), [*kids, key.kid]
    assert [key.kid for key in _keys(text)] == kids


@pytest.mark.parametrize("text", [HEAD + "keys: [{kid: a}]\n", HEAD + "keys: 5\n", "- a\n", ""])
def test_a_file_without_a_place_for_it_is_left_alone(text: str) -> None:
    with pytest.raises(NoPlaceForKey):
        add_key(text, KEY)


def test_the_text_of_a_key_is_yaml_whatever_the_key_is() -> None:
    assert key_text(KEY) == (
        f'- kid: council-2026-2\n  x: "{KEY.x}"\n'
        "  valid_from: 2026-01-01\n  valid_until: 2027-01-01\n"
    )


@pytest.mark.parametrize(
    ("taken", "kid"),
    [
        ([], "council-2026-1"),
        (["council-2026-1", "council-2026-9"], "council-2026-10"),
        (["council-2025-4", "council-development", "council-2026-x"], "council-2026-1"),
    ],
)
def test_a_key_is_named_by_controller_year_and_number(taken: list[str], kid: str) -> None:
    assert next_kid("council", 2026, taken) == kid
