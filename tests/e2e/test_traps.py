"""The demonstration's traps, in the inboxes of a running exchange: what reached whom."""

from collections.abc import Iterator
from typing import Any

import pytest

from concordat.publish.bans import Ban, bans_in
from concordat.publish.demo_data import demo_events
from concordat.publish.traps import Trap
from concordat.stack.demonstration import DATA
from e2e.inboxes import Item, read_inboxes
from e2e.up import Up

Texts = dict[tuple[str, str], list[str]]

pytestmark = pytest.mark.timeout(400)


def texts_in(found: Any) -> Iterator[str]:
    if isinstance(found, str):
        yield found
    elif isinstance(found, dict):
        for value in found.values():
            yield from texts_in(value)
    elif isinstance(found, list):
        for value in found:
            yield from texts_in(value)


@pytest.fixture(scope="module")
def inboxes(played: Up) -> dict[str, list[Item]]:
    return read_inboxes(played.state.path)


@pytest.fixture(scope="module")
def texts(inboxes: dict[str, list[Item]]) -> Texts:
    """Every text that an agency was sent on a case."""
    found: Texts = {}
    for agency, items in inboxes.items():
        for item in items:
            key = (agency, item["delivery"]["subject"])
            found.setdefault(key, []).extend(texts_in(item["delivery"]))
    return found


@pytest.fixture(scope="module")
def bans() -> list[Ban]:
    return list(bans_in(demo_events(DATA, lambda _: None)))


@pytest.mark.parametrize("trap", Trap)
def test_no_value_of_a_trap_reaches_whom_it_must_not_reach(
    trap: Trap, bans: list[Ban], texts: Texts
) -> None:
    agencies = {agency for agency, _ in texts}
    sprung = [
        (ban.path, agency)
        for ban in bans
        if ban.trap is trap
        for agency in (agencies if ban.agency is None else {ban.agency})
        if any(ban.value in text for text in texts.get((agency, ban.case), ()))
    ]
    assert sprung == []


@pytest.mark.parametrize("trap", Trap)
def test_cases_with_a_trap_reach_others_so_that_each_ban_means_something(
    trap: Trap, bans: list[Ban], texts: Texts
) -> None:
    cases = {ban.case for ban in bans if ban.trap is trap}
    assert len(cases) >= 10
    assert {"childrens-social-care", "probation"} <= {agency for agency, at in texts if at in cases}


def test_somebody_is_sent_what_probation_must_not_know(bans: list[Ban], texts: Texts) -> None:
    names = [ban for ban in bans if ban.agency == "probation" and ban.path == "victim.name"]
    told = {
        agency
        for ban in names
        for (agency, case), found in texts.items()
        if case == ban.case and ban.value in found
    }
    assert {"childrens-social-care", "worcestershire-health", "womens-aid"} <= told


def test_every_inbox_is_numbered_without_a_gap_and_holds_each_delivery_once(
    inboxes: dict[str, list[Item]],
) -> None:
    for items in inboxes.values():
        assert [item["seq"] for item in items] == list(range(1, len(items) + 1))
        assert len({item["delivery"]["id"] for item in items}) == len(items)
    assert inboxes["telford-and-wrekin-council"] == []
    assert sum(map(len, inboxes.values())) > 5000
