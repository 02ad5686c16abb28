"""Reads a matrix back: for each recipient and field, every publisher and condition."""

from collections.abc import Iterable, Iterator
from typing import Any

from unit.agreements.shown.blocks import Block, split_outside_quotes
from unit.agreements.shown.words_back import Addresses, addresses_of, agency_of, condition, name_of

Cells = dict[str, dict[str, list[frozenset[str]]]]
# Publisher, conditions, and the identifiers of which one must pick the recipient.
Permit = tuple[str, frozenset[tuple[str, str, Any]], Addresses]
Permits = frozenset[Permit]
DELIVERY = "the delivery itself"


def cells_of(table: Block, following: Block) -> tuple[Cells, dict[str, str]]:
    """For each recipient and name, the cases (each a set of lines); and each name's mark."""
    _, _, head, rows = table
    assert head[:2] == ("Field", "Mark")
    numbered = dict(following[1]) if following[0] == "facts" else {}
    cases = {term.removeprefix("Case "): frozenset(texts) for term, texts in numbered.items()}
    cells: Cells = {}
    marks: dict[str, str] = {}
    used: set[str] = set()
    for words, mark, *columns in rows:
        row = words if words == DELIVERY else name_of(words)
        marks[row] = mark
        for title, cell in zip(head[2:], columns, strict=True):
            numbers = [] if cell in ("—", "always") else cell.split(" or ")
            used.update(numbers)
            for agency in split_outside_quotes(title, "; "):
                here = cells.setdefault(agency_of(agency), {})
                if cell != "—":
                    here[row] = [cases[number] for number in numbers] or [frozenset()]
    assert used == set(cases)
    return cells, marks


def permitted(cells: Cells, shares: list[dict[str, Any]]) -> dict[str, dict[str, Permits]]:
    """Each cell for each publisher: conditions and addresses of every case that says most."""
    publishers = {
        publisher
        for share in shares
        for publisher in share["from"]
        if set(share["to"]) - {publisher}
    }
    return {
        recipient: {
            name: least(
                permit for case in cases for permit in _permits(case, publishers - {recipient})
            )
            for name, cases in row.items()
        }
        for recipient, row in cells.items()
    }


def _permits(case: frozenset[str], publishers: set[str]) -> Iterator[Permit]:
    addresses: Addresses = frozenset()
    conditions = set()
    for line in case:
        if line.startswith("the publisher is "):
            named = split_outside_quotes(line.removeprefix("the publisher is "), "; or ")
            publishers = {agency_of(each) for each in named}
        elif line.startswith("the recipient's "):
            addresses = addresses_of(line)
        else:
            conditions.add(condition(line))
    for publisher in publishers:
        yield publisher, frozenset(conditions), addresses


def least(permits: Iterable[Permit]) -> Permits:
    """Without those that another one covers."""
    found = set(permits)
    return frozenset(
        one
        for one in found
        if not any(
            other != one
            and other[0] == one[0]
            and other[1] <= one[1]
            and (not other[2] or other[2] == one[2])
            for other in found
        )
    )
