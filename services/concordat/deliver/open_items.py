"""The items that may still be read or come again, by what the book is asked of them."""

from dataclasses import dataclass
from typing import Any

from concordat.agreements.disclosure import Disclosed
from concordat.deliver import sql
from concordat.deliver.past import Place
from concordat.postgres.pool import Pool


@dataclass(frozen=True, slots=True)
class OpenItems:
    """All open items that are one to the book.

    Open is what nobody has acknowledged, and what was acknowledged as a stub and never read.
    `oldest` is before the place of every one. `contents`: the exchange holds uncollected contents.
    """

    item: Disclosed
    oldest: Place
    contents: bool


async def read_open_items(pool: Pool) -> list[OpenItems]:
    """Return the open items of every inbox."""
    return [
        OpenItems(
            disclosed_of(row), Place(row["register_offset"], row["numbered_at"]), row["contents"]
        )
        for row in await pool.fetch(sql.OPEN_ITEMS)
    ]


def disclosed_of(row: Any) -> Disclosed:
    """What the book is asked of the item in `row`."""
    return Disclosed(
        agreement=row["agreement"],
        version=row["version"],
        shares=tuple(row["shares"].split(",")),
        publisher=row["publisher"],
        recipient=row["agency"],
        event_type=row["event_type"],
    )
