"""Every promise has a bar, every bar a bug that it finds, and the guide says so."""

import re
from pathlib import Path

import pytest

from faults.catalogue import NAMES, NEEDS_DOCKER, bar_named

GUIDE = (Path(__file__).parents[2] / "docs" / "guarantees.md").read_text(encoding="utf-8")
PROMISES = {f"P{number}" for number in range(1, 11)}
BUILT_LATER = {"P10"}


@pytest.mark.parametrize("name", [*NAMES, *NEEDS_DOCKER])
def test_a_bar_names_its_promises_its_limit_and_bugs_that_turn_it_red(name: str) -> None:
    bar = bar_named(name)
    assert bar.name == name
    assert set(bar.promises) <= PROMISES
    assert bar.promises or name in NEEDS_DOCKER
    assert 0 < bar.full_minutes <= 90
    assert bar.bugs or name in NEEDS_DOCKER


@pytest.mark.parametrize(
    ("name", "bug"),
    [(name, bug) for name in (*NAMES, *NEEDS_DOCKER) for bug in bar_named(name).bugs],
)
def test_every_bug_can_be_planted_in_what_there_is_now(name: str, bug: str) -> None:
    """A name that is gone would break the bar itself, and not the promise."""
    with pytest.MonkeyPatch.context() as patch:
        bar_named(name).bugs[bug](patch)
        assert patch._setattr or patch._setitem, "nothing was planted"


def test_every_promise_that_is_kept_today_has_a_bar() -> None:
    shown = {promise for name in NAMES for promise in bar_named(name).promises}
    assert shown >= PROMISES - BUILT_LATER


@pytest.mark.parametrize("name", [*NAMES, *NEEDS_DOCKER])
def test_the_guide_names_every_bar(name: str) -> None:
    assert f"`{name}`" in GUIDE


def test_the_guide_names_for_each_promise_the_bars_that_name_it() -> None:
    for promise in sorted(PROMISES):
        row = re.search(rf"^\| {promise} \|.*$", GUIDE, re.MULTILINE)
        assert row is not None
        named = set(re.findall(r"`([a-z-]+)`", row[0]))
        assert named == {name for name in NAMES if promise in bar_named(name).promises}
