"""Ways to go on although nobody knows whether one may, each planted to see that it is found."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from typing import Any

import pytest

from concordat.agreements.book import Book
from concordat.deliver import store
from concordat.deliver.insert_deliveries import insert_deliveries
from concordat.inbox import acknowledge_items, publish_notices, read_inbox, read_item
from concordat.inbox.dependencies import Dependencies
from concordat.kafka.register_log import RegisterRecord
from concordat.postgres.pool import Pool, Scoped, agency_scope
from concordat.runtime.errors import RegisterUnavailable
from concordat.runtime.health import Health
from concordat.stages.record import Output
from concordat.streams.loop import StageLoop
from concordat.streams.register_feed import StrictRegisterFeed
from concordat.streams.sources import Sources

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


def topics_taken_for_granted(patch: pytest.MonkeyPatch) -> None:
    """A stage goes on whatever comes of the question which topics it reads."""
    check = Sources.check

    def lenient(sources: Sources) -> None:
        with suppress(Exception):
            check(sources)

    patch.setattr(Sources, "check", lenient)


def acknowledged_unless_it_was_not(patch: pytest.MonkeyPatch) -> None:
    """What could not be stored is answered as acknowledged."""

    @asynccontextmanager
    async def lenient(pool: Pool, agency: str) -> AsyncIterator[Scoped]:
        with suppress(Exception):
            async with agency_scope(pool, agency) as connection:
                yield connection

    patch.setattr(acknowledge_items, "agency_scope", lenient)


def notice_answered_at_once(patch: pytest.MonkeyPatch) -> None:
    """A notice is answered before the API reads under it."""

    async def hasty(record: RegisterRecord, needs: Dependencies) -> datetime:
        return await needs.register.write(record)

    patch.setattr(publish_notices, "_write", hasty)


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
        topics_taken_for_granted,
        acknowledged_unless_it_was_not,
        notice_answered_at_once,
    )
}
