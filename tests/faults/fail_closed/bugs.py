"""Ways to go on although nobody knows whether one may, each planted to see that it is found."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import pytest

from concordat.agreements.book import Book
from concordat.deliver import store
from concordat.deliver.insert_deliveries import insert_deliveries
from concordat.inbox import read_inbox, read_item
from concordat.inbox.dependencies import Dependencies
from concordat.runtime.errors import RegisterUnavailable
from concordat.runtime.health import Health
from concordat.stages.record import Output
from concordat.streams.loop import StageLoop
from concordat.streams.register_feed import StrictRegisterFeed

Plant = Callable[[pytest.MonkeyPatch], None]


def last_book_is_good_enough(patch: pytest.MonkeyPatch) -> None:
    """When the end cannot be reached, the last book is used."""
    catch_up = StrictRegisterFeed.catch_up

    def lenient(feed: StrictRegisterFeed) -> Book:
        try:
            return catch_up(feed)
        except RegisterUnavailable:
            return feed._keeper.book

    patch.setattr(StrictRegisterFeed, "catch_up", lenient)


def clock_not_checked(patch: pytest.MonkeyPatch) -> None:
    """A stage believes a clock that is behind."""
    patch.setattr(StageLoop, "_check_clock", lambda *_: None)


def old_items_read_again(patch: pytest.MonkeyPatch) -> None:
    """The API believes a clock that is behind."""

    async def believed(*_: Any) -> bool:
        return False

    patch.setattr(read_inbox, "clock_is_behind", believed)
    patch.setattr(read_item, "clock_is_behind", believed)


def error_swallowed_after_produce(patch: pytest.MonkeyPatch) -> None:
    """Whatever goes wrong in writing, the offsets are committed."""
    produce = StageLoop._produce

    def hasty(loop: StageLoop, outputs: Sequence[Output]) -> None:
        with suppress(Exception):
            produce(loop, outputs)

    patch.setattr(StageLoop, "_produce", hasty)


def beginning_not_looked_at(patch: pytest.MonkeyPatch) -> None:
    """A register that does not begin at its beginning is good enough."""
    ask = StrictRegisterFeed._ask
    patch.setattr(StrictRegisterFeed, "_ask", lambda feed, limit: (0, ask(feed, limit)[1]))


def pause_not_said(patch: pytest.MonkeyPatch) -> None:
    """A stage that waits says that it works."""
    patch.setattr(Health, "set_not_ready", lambda *_: None)


def old_book_read_under(patch: pytest.MonkeyPatch) -> None:
    """Items are read under a book of any age."""
    patch.setattr(Dependencies, "book_now", lambda needs: needs.feed.book)


def batch_taken_as_stored(patch: pytest.MonkeyPatch) -> None:
    """The position moves although the deliveries could not be written."""

    async def lenient(*given: Any) -> Any:
        try:
            return await insert_deliveries(*given)
        except Exception:  # noqa: BLE001 - that is the bug
            return {}

    patch.setattr(store, "insert_deliveries", lenient)


BUGS: Mapping[str, Plant] = {
    each.__name__.replace("_", "-"): each
    for each in (
        last_book_is_good_enough,
        clock_not_checked,
        old_items_read_again,
        error_swallowed_after_produce,
        beginning_not_looked_at,
        pause_not_said,
        old_book_read_under,
        batch_taken_as_stored,
    )
}
