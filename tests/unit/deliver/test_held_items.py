"""What was held and may be read again: found in the register's past, whatever held it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from builders import Exchange, agreement_of
from concordat.agreements.book import Book, BookKeeper
from concordat.agreements.disclosure import Disclosed
from concordat.agreements.document import Agreement
from concordat.agreements.reason import Reason
from concordat.deliver.held_items import find_due
from concordat.deliver.open_items import OpenItems
from concordat.deliver.past import TOLERANCE, Past, Place
from notices import give_notice

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
AGREEMENT = agreement_of()
SECOND = timedelta(seconds=1)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ITEM = Disclosed(
    agreement="test-agreement",
    version=1,
    shares=("all-crimes",),
    publisher="police",
    recipient="social-care",
    event_type="community-safety.crime-recorded.v1",
)


class Situation:
    """A register that is written hour by hour, from `START` on."""

    def __init__(self, agreement: Agreement = AGREEMENT) -> None:
        self.exchange = Exchange()
        self.exchange.add(agreement)
        self.now = START

    @property
    def place(self) -> Place:
        """Of an item that is decided and numbered now."""
        return Place(self.exchange.book.register_offset, self.now)

    def notify(self, controller: str, action: str, **about: Any) -> str:
        """A notice, an hour later; readers may have seen what it did until the next one."""
        self.now += HOUR
        digest = give_notice(
            self.exchange,
            about.pop("agreement", AGREEMENT),
            controller,
            action,
            at=self.now,
            recorded_at=self.now,
            **about,
        )
        assert self.exchange.keeper.register.refused == []
        return digest

    def sign(self, agreement: Agreement, *controllers: str) -> None:
        """Register the agreement, and its signatures, a minute after each other."""
        key = f"agreement/{agreement.id}/{agreement.version}"
        if key not in self.exchange.keeper.register.admitted:
            self.exchange.write(key, agreement.canonical(), self.now)
        for controller in controllers:
            self.now += timedelta(minutes=1)
            self.exchange.sign(agreement, controller, self.now)
        assert self.exchange.keeper.register.refused == []

    def resume(self, suspension: str, *controllers: str) -> None:
        for controller in controllers:
            self.notify(controller, "resume", resumes=suspension)

    def why_stopped(self, item: Disclosed = ITEM) -> Reason | None:
        return self.exchange.book.why_stopped(item, self.now)

    def released(self, place: Place, item: Disclosed = ITEM) -> bool:
        """Whether an item at `place` is to come again."""
        self.now += SECOND
        book = self.exchange.book
        due = find_due([OpenItems(item, place, True)], book, Past(book.register, self.now))
        assert due.purged == []
        return item in due.released.get(item.recipient, {})


def test_what_a_suspension_held_is_released_once_both_have_resumed() -> None:
    held = Situation()
    before = held.place
    suspension = held.notify("council", "suspend")
    assert not held.released(before)
    held.resume(suspension, "council")
    assert held.why_stopped() is Reason.SUSPENDED
    assert not held.released(before)
    held.resume(suspension, "police-authority")
    assert held.released(before)
    # Once it has come again it is placed at the end; what was decided since then never was held.
    assert not held.released(held.place)


def test_what_was_never_held_is_not_released() -> None:
    never = Situation()
    place = never.place
    assert not never.released(place)
    suspension = never.notify("charity", "suspend")  # of other pairs
    never.resume(suspension, "charity", "police-authority")
    assert not never.released(place)
    other = replace(ITEM, recipient="womens-aid", shares=("to-aid",))
    assert never.exchange.book.why_stopped(other, never.now) is not Reason.SUSPENDED


def test_an_item_is_held_until_the_last_suspension_that_stops_it_is_over() -> None:
    held = Situation()
    before = held.place
    first, second = held.notify("council", "suspend"), held.notify("police-authority", "suspend")
    held.resume(first, "council", "police-authority")
    between = held.place
    assert not held.released(before)
    held.resume(second, "police-authority", "council")
    assert held.released(before)
    assert held.released(between)


def test_a_suspension_of_an_older_version_holds_up_no_newer_one() -> None:
    held = Situation()
    newer = agreement_of(version=2)
    older = held.notify("council", "suspend")
    held.sign(newer, "police-authority", "council", "charity")
    item, before = replace(ITEM, version=2), held.place
    suspension = held.notify("council", "suspend", agreement=newer)
    for controller in ("council", "police-authority"):
        held.notify(controller, "resume", resumes=suspension, agreement=newer)
    assert held.released(before, item)
    assert held.why_stopped() is Reason.SUSPENDED
    assert not held.released(before)
    held.resume(older, "council", "police-authority")
    assert held.released(before)


def test_what_waited_for_the_recipient_to_sign_a_version_that_has_started_is_released() -> None:
    held = Situation()
    starts = {"from": "2026-03-04", "until": "2027-12-31"}
    newer = agreement_of(version=2, effective=starts)
    held.sign(newer, "police-authority")  # two days before it starts
    before = held.place
    assert held.why_stopped() is None
    held.now += 3 * DAY
    assert held.why_stopped() is Reason.UNSIGNED_BY_RECIPIENT
    assert not held.released(before)
    held.sign(newer, "council")
    assert held.why_stopped() is None  # the newer version still sends all of it
    assert held.released(before)
    assert not held.released(held.place)


def test_what_an_expired_agreement_held_is_released_when_a_version_takes_over_late() -> None:
    ends = {"from": "2026-01-01", "until": "2026-03-02"}
    held = Situation(agreement_of(effective=ends, review_by="2026-03-01"))
    before = held.place
    held.now += 2 * DAY
    assert held.why_stopped() is Reason.EXPIRED
    assert not held.released(before)
    held.sign(agreement_of(version=2), "police-authority", "council", "charity")
    assert held.released(before)


def test_what_an_unreadable_version_held_is_released_when_a_readable_one_takes_over() -> None:
    held = Situation()
    newer = agreement_of(version=3)
    held.sign(newer, "council")
    before = held.place
    held.now += HOUR
    held.exchange.write("agreement/test-agreement/2", b"{}", held.now)
    assert held.why_stopped() is Reason.AGREEMENT_UNREADABLE
    assert not held.released(before)
    held.now += HOUR
    held.exchange.sign(newer, "police-authority", held.now)
    assert held.why_stopped() is None
    assert held.released(before)
    assert not held.released(held.place)


def test_days_change_in_london_at_midnight_of_summer_time_too() -> None:
    starts = {"from": "2026-07-01", "until": "2027-12-31"}
    held = Situation()
    held.now = datetime(2026, 6, 29, 12, tzinfo=UTC)
    newer = agreement_of(version=2, effective=starts)
    held.sign(newer, "police-authority")
    held.now = datetime(2026, 6, 30, 22, 59, tzinfo=UTC)
    before = held.place
    held.now = datetime(2026, 6, 30, 23, 1, tzinfo=UTC)
    assert held.why_stopped() is Reason.UNSIGNED_BY_RECIPIENT
    held.sign(newer, "council")
    assert held.released(before)
    after = held.place
    assert not held.released(after)


def test_an_item_that_was_stored_after_the_stop_was_over_was_never_seen_held() -> None:
    held = Situation()
    decided = held.exchange.book.register_offset
    suspension = held.notify("council", "suspend")
    held.resume(suspension, "council", "police-authority")
    over = held.now
    held.now += HOUR
    assert held.released(Place(decided, over))  # a reader may still have had the older book
    assert held.released(Place(decided, over + TOLERANCE - SECOND))
    assert not held.released(Place(decided, over + TOLERANCE))


def test_a_withdrawal_releases_nothing_and_purges_what_nobody_collected() -> None:
    gone = Situation()
    before = gone.place
    suspension = gone.notify("council", "suspend")
    gone.notify("council", "withdraw")
    gone.resume(suspension, "council", "police-authority")
    book = gone.exchange.book
    newer, aid = replace(ITEM, version=2), replace(ITEM, recipient="womens-aid")
    items = [OpenItems(each, before, True) for each in (ITEM, newer, aid)]
    collected = OpenItems(replace(ITEM, shares=("other",)), before, False)
    due = find_due([*items, collected], book, Past(book.register, gone.now))
    assert (due.released, due.purged) == ({}, [ITEM])


CONTROLLERS = ("police-authority", "council", "charity")
ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(CONTROLLERS),
        st.sampled_from(["suspend", "resume", "resume by both", "sign"]),
    ),
    max_size=9,
)


def _play(actions: list[tuple[str, str]], situation: Situation) -> None:
    suspensions: list[str] = []
    newer = agreement_of(version=2)
    exchange = situation.exchange
    for controller, action in actions:
        situation.now += HOUR
        about: dict[str, Any] = {"at": situation.now, "recorded_at": situation.now}
        if action == "suspend":
            suspensions.append(give_notice(exchange, AGREEMENT, controller, action, **about))
        elif action.startswith("resume") and suspensions:
            # Also of what does not concern it, and twice: then it is refused.
            about["resumes"] = suspensions[len(suspensions) // 2]
            for each in CONTROLLERS[:2] if action.endswith("both") else [controller]:
                give_notice(exchange, AGREEMENT, each, "resume", **about)
        elif action == "sign":
            exchange.write(f"agreement/{newer.id}/2", newer.canonical(), situation.now)
            exchange.sign(newer, controller, situation.now)


def _books(exchange: Exchange) -> list[Book]:
    keeper, books = BookKeeper(), []
    for offset, (key, value) in enumerate(exchange.log):
        keeper.apply(key, value, offset=offset, recorded_at=START)
        books.append(keeper.book)
    return books


@settings(deadline=None, max_examples=150)
@given(ACTIONS, st.integers(0, 9))
def test_held_is_what_some_book_since_then_would_not_have_given(
    actions: list[tuple[str, str]], cut: int
) -> None:
    situation = Situation()
    _play(actions[:cut], situation)
    assume(situation.why_stopped() is None)  # else nothing would have been shared
    place = situation.place
    _play(actions[cut:], situation)
    situation.now += HOUR
    since = _books(situation.exchange)[place.register_offset :]
    held = any(book.why_stopped(ITEM, situation.now) is not None for book in since)
    assert situation.released(place) == (held and situation.why_stopped() is None)
