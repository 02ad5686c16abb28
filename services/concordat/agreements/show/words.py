"""Plain words for the parts of an agreement: two different values never in the same words."""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date

import rfc8785

from concordat.agreements.coarsening import Coarsening, parts_of
from concordat.agreements.document import ByIdentifier, Condition, Scalar
from concordat.agreements.law import BASES, GATEWAYS
from concordat.agreements.parties import Agency
from concordat_events.fields import Data, Sensitivity

MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
IDENTIFIERS = {"urn": "school number (URN)", "ods": "ODS code", "gss": "GSS code"}
MARKS = {
    Sensitivity.NONE: "not personal",
    Sensitivity.PERSONAL: "personal",
    Sensitivity.SPECIAL: "sensitive",
    Sensitivity.SEALED: "sealed",
}
_TESTS = {
    "is_": "is",
    "in_": "is one of",
    "at_least": "is at least",
    "less_than": "is less than",
    "includes": "includes",
}
_COARSENED = {
    Coarsening.YEAR: "only the year of",
    Coarsening.MONTH: "only the month and year of",
    Coarsening.OUTWARD_CODE: "only the outward code of",
    Coarsening.PRESENT: "only whether something is filled in for",
}


def tidy(text: str) -> str:
    """Return free text on one line, and what cannot be seen (or reorders text) as its number."""
    return "".join(_visible(character) for character in " ".join(text.split()))


def quoted(text: str) -> str:
    """Return `text` in double quotes, so that no two texts look alike: `"Wyre Forest"`."""
    plain = text.replace("\\", "\\\\").replace('"', '\\"')
    spaced = "".join(
        _number(character) if _looks_alike(plain, index) else _visible(character)
        for index, character in enumerate(plain)
    )
    return f'"{spaced}"'


def value_words(value: Scalar) -> str:
    """Return an operand: text in quotes, numbers as they are signed, yes or no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return quoted(value) if isinstance(value, str) else rfc8785.dumps(value).decode()


def condition_words(condition: Condition) -> str:
    """Return one condition: `grade is "high"`, `child_count is at least 1`."""
    test, operand = condition.test
    if test == "present":
        return f"{condition.field} is filled in"
    values = operand if test == "in_" else [operand]
    return f"{condition.field} {_TESTS[test]} {', '.join(map(value_words, values))}"


def address_words(addresses: Iterable[ByIdentifier]) -> str:
    """Return when an event picks an agency that is reached by its identifier."""
    return " or ".join(
        f"the recipient's {IDENTIFIERS[each.whose]} equals the event's {each.is_}"
        for each in addresses
    )


def name_words(name: str) -> str:
    """Return a sent field: its path, or what of it is sent."""
    path, coarsening = parts_of(name)
    return f"{_COARSENED[coarsening]} {path}" if coarsening else path


def day_words(day: date) -> str:
    """Return a day: `1 January 2026`."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


def count_words(count: int, noun: str) -> str:
    """Return `1 day`, `365 days`."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def gateway_words(code: str) -> str:
    """Return the power to share, with its code."""
    return _explained(code, GATEWAYS)


def basis_words(code: str) -> str:
    """Return one code of a lawful basis, explained."""
    return _explained(code, BASES)


def agency_words(agency: str, agencies: Mapping[str, Agency]) -> str:
    """Return an agency's registered name and its id, or the id alone where no name is known."""
    if agency not in agencies:
        return agency
    name = tidy(agencies[agency].name)
    if set(name) & set(';:()"'):  # a name must not pass for the names and ids of others
        name = quoted(name)
    return f"{name} ({agency})"


def event_words(event: str, catalogue: Mapping[str, type[Data]]) -> str:
    """Return an event type, with what its model says about it."""
    model = catalogue.get(event)
    _, _, said = ((model.__doc__ if model else None) or "").partition("`: ")
    sentence = tidy(said.partition("\n")[0].replace("`", "")).rstrip(".")
    return f"{tidy(event)} ({sentence})" if sentence else tidy(event)


def _explained(code: str, sentences: Mapping[str, str]) -> str:
    return f"{sentences[code]} ({code})" if code in sentences else quoted(code)


def _visible(character: str) -> str:
    hidden = unicodedata.category(character).startswith(("C", "Z")) and character != " "
    return _number(character) if hidden else character


def _looks_alike(text: str, index: int) -> bool:
    """Whether this is a space that a reader, or a renderer, could miss."""
    edge = index in (0, len(text) - 1) or text[index - 1] == " "
    return text[index] == " " and edge


def _number(character: str) -> str:
    return f"\\u{{{ord(character):04X}}}"
