"""What of the open items is to come again, and what is to be emptied: pure."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from concordat.agreements.book import Book
from concordat.agreements.disclosure import Disclosed
from concordat.deliver.open_items import OpenItems
from concordat.deliver.past import Moment, Past

Held = dict[Disclosed, Moment]
"""Items that may be read now, and the last moment in which they could not."""


@dataclass(frozen=True, slots=True)
class Due:
    """To be released, by agency; and to be purged."""

    released: dict[str, Held] = field(default_factory=dict)
    purged: list[Disclosed] = field(default_factory=list)


def find_due(items: Iterable[OpenItems], book: Book, past: Past) -> Due:
    """Sort what is due out of `items`; `past` is that of `book`.

    Released is what was held and may be read now: under whatever stop, and only once none stops it
    any more. Purged is what a withdrawal stops, for nobody can ever read it.
    """
    released: defaultdict[str, Held] = defaultdict(dict)
    purged = []
    withdrawn = _withdrawn(book)
    for each in items:
        item = each.item
        if item.version <= withdrawn.get((item.agreement, item.publisher, item.recipient), 0):
            if each.contents:
                purged.append(item)
        elif book.why_stopped(item, past.now) is None:
            stop = past.last_stop(item)
            if stop is not None and past.was_held(item, each.oldest, stop):
                released[item.recipient][item] = stop
    return Due(dict(released), purged)


def _withdrawn(book: Book) -> dict[tuple[str, str, str], int]:
    """By agreement and pair, the highest version that a withdrawal stops for good."""
    highest: dict[tuple[str, str, str], int] = {}
    for stop in book.withdrawn:
        key = stop.agreement, stop.publisher, stop.recipient
        highest[key] = max(stop.version, highest.get(key, 0))
    return highest
