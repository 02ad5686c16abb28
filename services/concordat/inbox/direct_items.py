"""Which items of an inbox may be fed to Kafka now, and how far that leads. Pure."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from concordat.agreements.book import Book
from concordat.agreements.document import Agreement
from concordat.inbox.stored_item import StoredItem, judged_by, sort_items

Versions: TypeAlias = frozenset[tuple[str, int]]
"""Ids and versions of agreements."""


@dataclass(frozen=True, slots=True)
class DirectItem:
    """An item, its case, and whether it has had its number for longer than clocks may differ."""

    item: StoredItem
    case: str
    settled: bool


@dataclass(frozen=True, slots=True)
class Stretch:
    """What an inbox holds for Kafka in the numbers above `after`, up to `through`; in order."""

    after: int
    items: tuple[DirectItem, ...]
    through: int


def direct_versions(agreements: Mapping[str, Mapping[int, Agreement]]) -> dict[str, Versions]:
    """Return, for each agency that any registered version names `direct`, those that do."""
    found: defaultdict[str, set[tuple[str, int]]] = defaultdict(set)
    for versions in agreements.values():
        for agreement in versions.values():
            for agency, party in agreement.parties.items():
                if party.direct:
                    found[agency].add((agreement.id, agreement.version))
    return {agency: frozenset(versions) for agency, versions in found.items()}


def feedable(
    stretch: Stretch, book: Book, versions: Versions, *, agency: str, now: datetime
) -> Stretch:
    """Return the part of `stretch` that may be fed, and up to which number that settles it.

    What is stopped is passed over: when it is released it comes again under a new number. It is
    not while it is new, or newer than the book: then this clock or this book may be behind, and an
    item that nobody held is never released.
    """
    items = [each.item for each in stretch.items]
    judged = {item.seq for item in judged_by(items, book.register_offset)}
    sorted_ = sort_items(items, book, recipient=agency, now=now)
    readable = {item.seq for item in sorted_.readable}
    found: list[DirectItem] = []
    for each in stretch.items:
        seq = each.item.seq
        if seq not in judged:
            return Stretch(stretch.after, tuple(found), seq - 1)
        if (each.item.agreement, each.item.version) not in versions:
            continue
        if seq in readable:
            found.append(each)
        elif not each.settled:
            return Stretch(stretch.after, tuple(found), seq - 1)
    return Stretch(stretch.after, tuple(found), stretch.through)
