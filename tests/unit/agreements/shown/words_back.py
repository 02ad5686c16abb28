"""Reads the words back: agencies, conditions, operands, names of fields."""

import json
import re
from typing import Any

from unit.agreements.shown.blocks import QUOTED, split_outside_quotes

Addresses = frozenset[tuple[str, str]]
_COARSENED = {
    "only the year of ": "year",
    "only the month and year of ": "month",
    "only the outward code of ": "outward-code",
    "only whether something is filled in for ": "present",
}
_IDENTIFIERS = {"school number (URN)": "urn", "ODS code": "ods", "GSS code": "gss"}
_TESTS = (
    (r"(\S+) is filled in", "present"),
    (r"(\S+) is at least (.+)", "at_least"),
    (r"(\S+) is less than (.+)", "less_than"),
    (r"(\S+) is one of (.+)", "in"),
    (r"(\S+) includes (.+)", "includes"),
    (r"(\S+) is (.+)", "is"),
)


def spoken(text: str) -> str:
    """Free text, with the characters back that are shown by their number."""
    return re.sub(r"\\u\{([0-9A-F]{4,6})\}", lambda found: chr(int(found[1], 16)), text)


def agency_of(text: str) -> str:
    """The id in `Name (id)`, or the id alone."""
    found = re.fullmatch(r"(?:.* \()?([a-z][a-z0-9-]*)\)?", text)
    assert found, text
    return found[1]


def addresses_of(words: str) -> Addresses:
    """The identifiers of which one must pick the recipient."""
    found = set()
    for part in words.split(" or "):
        match = re.fullmatch(r"the recipient's (.+) equals the event's (\S+)", part)
        assert match, part
        found.add((_IDENTIFIERS[match[1]], match[2]))
    return frozenset(found)


def condition(text: str) -> tuple[str, str, Any]:
    """Field, test and operand."""
    masked = re.sub(QUOTED, '"', text)
    for pattern, test in _TESTS:
        if re.fullmatch(pattern, masked, re.DOTALL):
            match = re.fullmatch(pattern, text, re.DOTALL)
            assert match
            if test == "present":
                return match[1], test, True
            values = tuple(value(each) for each in split_outside_quotes(match[2], ", "))
            assert test == "in" or len(values) == 1
            return match[1], test, values if test == "in" else values[0]
    raise AssertionError(text)


def value(text: str) -> Any:
    """An operand; a number as float, and never equal to yes or no."""
    if text in ("yes", "no"):
        return ("boolean", text == "yes")
    if text.startswith('"'):
        characters = re.findall(r"\\u\{[0-9A-F]+\}|\\.|[^\\]", text[1:-1])
        return "".join(
            chr(int(each[3:-1], 16)) if each.startswith("\\u{") else each[-1] for each in characters
        )
    return ("number", float(json.loads(text)))


def name_of(words: str) -> str:
    """A sent field by its name: `victim.dob as year`."""
    for prefix, coarsening in _COARSENED.items():
        if words.startswith(prefix):
            return f"{words.removeprefix(prefix)} as {coarsening}"
    assert " " not in words, words
    return words


def names_of(text: str) -> list[str]:
    """Sent fields in a row."""
    return [name_of(each) for each in items_of(text)]


def items_of(text: str) -> list[str]:
    """Paths in a row."""
    return text.split(", ") if text else []
