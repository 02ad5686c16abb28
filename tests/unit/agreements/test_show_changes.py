"""Two agreements that differ in one rule are shown differently: every part is changed in turn."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from pydantic import ValidationError

from concordat.agreements.document import Agreement
from concordat.agreements.show.agreement import show_agreement
from concordat.agreements.show.sheet import Facts, Sheet
from concordat_events.catalogue import CATALOGUE
from unit.agreements.shown.every_form import AGENCIES, EVERY_FORM

Path = tuple[str | int, ...]
_CODES = ("processor", "controller", "none", "ask", "gss", "month", "year")
_DIGEST = "What is signed has the SHA-256 digest"


def _shown(document: dict[str, Any]) -> Sheet:
    """The sheet without the digest, which changes with everything."""
    agreement = Agreement.model_validate_json(json.dumps(document))
    sheet = show_agreement(agreement, AGENCIES, CATALOGUE)
    blocks = tuple(
        Facts(tuple(fact for fact in block.facts if fact.term != _DIGEST))
        if isinstance(block, Facts)
        else block
        for block in sheet.blocks
    )
    assert blocks != sheet.blocks
    return Sheet(sheet.title, blocks)


def _places(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    steps: list[str | int] = []
    if isinstance(value, dict):
        steps = list(value)
    elif isinstance(value, list):
        steps = list(range(len(value)))
    for step in steps:
        yield from _places(value[step], (*path, step))


def _at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def _changed(path: Path) -> dict[str, Any]:
    """The agreement with another value there: the first one that can stand there."""
    value = _at(EVERY_FORM, path)
    others: list[Any] = [f"{value}-x", f"{value}x", "2027-03-04", *_CODES]
    if isinstance(value, bool | int):
        others = [not value] if isinstance(value, bool) else [value + 1]
    documents = []
    for other in others:
        document = deepcopy(EVERY_FORM)
        _at(document, path[:-1])[path[-1]] = other
        documents.append(document)
    return next(each for each in documents if _is_valid(each) and each != EVERY_FORM)


def _without(path: Path) -> dict[str, Any]:
    document = deepcopy(EVERY_FORM)
    del _at(document, path[:-1])[path[-1]]
    return document


PLACES = list(_places(EVERY_FORM))
SCALARS = [path for path in PLACES if not isinstance(_at(EVERY_FORM, path), dict | list)]
# What cannot be anything else: the format's name, and `present: true`.
FIXED = [path for path in SCALARS if path[-1] in ("schema", "present")]


def _is_valid(document: dict[str, Any]) -> bool:
    try:
        Agreement.model_validate_json(json.dumps(document))
    except ValidationError:
        return False
    return True


REMOVABLE = [path for path in PLACES if _is_valid(_without(path))]


def _name(path: Path) -> str:
    return ".".join(map(str, path))


@pytest.mark.parametrize("path", [path for path in SCALARS if path not in FIXED], ids=_name)
def test_another_value_is_shown_otherwise(path: Path) -> None:
    assert _shown(_changed(path)) != _shown(EVERY_FORM)


@pytest.mark.parametrize("path", REMOVABLE, ids=_name)
def test_what_is_left_out_is_missed(path: Path) -> None:
    assert _shown(_without(path)) != _shown(EVERY_FORM)


def test_every_part_is_changed_or_removed() -> None:
    assert len(FIXED) == 2
    assert len(SCALARS) > 90
    assert len(REMOVABLE) > 40


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (True, "yes"),
        (1, "1"),
        (1, True),
        ("Wyre  Forest", "Wyre Forest"),
        (" high", "high"),
        ("high ", "high"),
        ("hi\u200bgh", "high"),
        ("hi\u200bgh", "hi\\u{200B}gh"),
        ("a\u00a0b", "a b"),
        ("a\nb", "a b"),
        ('a", "b', "a"),
        (0.1, 0.10000000000000002),
        (2**53 - 1, 2**53 - 2),
    ],
)
def test_operands_that_look_alike_are_told_apart(one: Any, other: Any) -> None:
    shown = []
    for operand in (one, other):
        document = deepcopy(EVERY_FORM)
        document["shares"][0]["when"] = [{"field": "relationship", "in": [operand]}]
        shown.append(_shown(document))
    assert shown[0] != shown[1]


def test_is_and_in_of_two_are_told_apart() -> None:
    shown = []
    for test in ({"is": 'a", "b'}, {"in": ["a", "b"]}):
        document = deepcopy(EVERY_FORM)
        document["shares"][0]["when"] = [{"field": "relationship", **test}]
        shown.append(_shown(document))
    assert shown[0] != shown[1]
