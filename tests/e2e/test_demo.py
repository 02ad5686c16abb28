"""`concordat demo`: the demonstration in one shot, and what its summary says."""

from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from concordat.publish.demo_data import demo_events
from concordat.stack.demonstration import DATA
from e2e.command import Answer, concordat
from e2e.plain_agreements import candidates, crimes_by_recipient

POLICE = "west-mercia-police"
CRIME = "community-safety.crime-recorded.v1"
COMMUNITY_SAFETY = "worcestershire-community-safety"
UNSIGNED = "telford-and-wrekin-council"
ROWS = 300

pytestmark = pytest.mark.timeout(400)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def street_file(folder: Path) -> Path:
    """Rows from all over the real file, so that every district is in it."""
    header, *rows = DATA.read_text(encoding="utf-8").splitlines()
    sample = folder / "small.csv"
    chosen = islice(rows, 0, None, len(rows) // ROWS)
    sample.write_text("\n".join([header, *list(chosen)[:ROWS]]) + "\n", encoding="utf-8")
    return sample


@pytest.fixture(scope="module")
def demo(folder: Path, street_file: Path) -> Answer:
    return concordat("demo", "--json", "--data", street_file, folder=folder, seconds=390)


@pytest.fixture(scope="module")
def summary(demo: Answer) -> Any:
    assert demo.code == 0, demo.err
    return demo.json


@pytest.fixture(scope="module")
def published(street_file: Path) -> Counter[tuple[str, str]]:
    """How many events of each type each agency publishes."""
    events = demo_events(street_file, lambda _: None)
    return Counter((event.publisher, event.type) for event in events)


def test_the_summary_is_one_object_of_the_documented_shape(summary: Any) -> None:
    assert set(summary) == {
        *("events", "deliveries", "withheld", "decisions", "dead_letters", "seconds")
    }
    assert set(summary["events"]) == {"published", "admitted", "refused"}
    assert set(summary["seconds"]) == {"ready", "publish", "settle"}
    for counts in (*summary["deliveries"].values(), *summary["withheld"].values()):
        assert all(isinstance(count, int) and count > 0 for count in counts.values())


def test_progress_goes_to_stderr_and_no_state_is_left_behind(demo: Answer, folder: Path) -> None:
    assert "kafka is ready" in demo.err
    assert len(demo.out.splitlines()) == 1
    assert [path.name for path in folder.iterdir()] == ["small.csv"]


def test_every_event_is_admitted_and_decided_once(
    summary: Any, published: Counter[tuple[str, str]]
) -> None:
    total = published.total()
    assert published[POLICE, CRIME] == ROWS
    assert total > ROWS
    assert summary["events"] == {"published": total, "admitted": total, "refused": 0}
    assert (summary["decisions"], summary["dead_letters"]) == (total, 0)


def test_crimes_are_delivered_as_an_independent_count_of_the_file_says(
    summary: Any, street_file: Path
) -> None:
    expected = crimes_by_recipient(street_file)
    delivered = {
        agency: counts[COMMUNITY_SAFETY]
        for agency, counts in summary["deliveries"].items()
        if COMMUNITY_SAFETY in counts
    }
    assert expected.pop(UNSIGNED) > 0
    assert delivered == expected
    assert len(delivered) == 6


def test_a_party_that_has_not_signed_gets_nothing_and_the_reason_says_so(summary: Any) -> None:
    assert UNSIGNED not in summary["deliveries"]
    assert summary["withheld"][UNSIGNED] == {"UNSIGNED_BY_RECIPIENT": ROWS}


def test_every_candidate_of_every_event_is_either_told_or_withheld_from(
    summary: Any, published: Counter[tuple[str, str]]
) -> None:
    asked: Counter[str] = Counter()
    for (publisher, event_type), count in published.items():
        for agency in candidates(publisher, event_type):
            asked[agency] += count
    assert set(asked) == set(summary["deliveries"]) | set(summary["withheld"])
    for agency, events in asked.items():
        told = events - sum(summary["withheld"].get(agency, {}).values())
        deliveries = sum(summary["deliveries"].get(agency, {}).values())
        if agency in SEVERAL_LAWS:
            assert told <= deliveries < told * 3
        else:
            assert told == deliveries


# They may be told of one event under several laws, in as many deliveries.
SEVERAL_LAWS = ("childrens-social-care", "worcestershire-health", "adult-social-care")


def test_a_file_that_is_not_a_street_file_is_refused_before_anything_starts(
    tmp_path: Path,
) -> None:
    file = tmp_path / "letters.csv"
    file.write_text("name,address\nJuno Candlehatch,1 Gosling Loop\n")
    answer = concordat("demo", "--json", "--data", file, folder=tmp_path)
    assert answer.code == 1
    assert answer.out == ""
    assert "letters.csv: the first line is not the header of a police.uk street file" in answer.err
    assert "Candlehatch" not in answer.err
    assert "kafka" not in answer.err
