"""`concordat publish`: files into an outbox of a running exchange; what is no event is named."""

import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from builders import crime
from concordat.cli.target import find_target
from concordat.stack.demonstration import DATA
from e2e.command import Answer, concordat
from e2e.up import Up
from waiting import until

POLICE = "west-mercia-police"

pytestmark = pytest.mark.timeout(400)


def crimes(count: int) -> list[dict[str, Any]]:
    """Crimes nobody has published before."""
    names = [f"crime-{uuid4()}" for _ in range(count)]
    return [{**crime(), "id": name, "source": f"//{POLICE}", "subject": name} for name in names]


def publish(up: Up, file: Path, *options: str) -> Answer:
    state = ("--state", up.state.path)
    return concordat("publish", file, "--agency", POLICE, *state, *options, folder=file.parent)


def until_decided(up: Up, event_id: str) -> None:
    with find_target(up.state.path).http(POLICE) as client:
        until(
            lambda: client.get(f"/v1/events/{event_id}").is_success, f"{event_id} is decided", 120
        )


def test_cloudevents_on_lines_are_published_and_the_faulty_ones_named_by_line(
    played: Up, tmp_path: Path
) -> None:
    first, undeclared, last = crimes(3)
    undeclared["data"]["victim"] = "Juno Candlehatch"
    file = tmp_path / "events.ndjson"
    lines = [json.dumps(first), json.dumps(undeclared), "", "{not json", json.dumps(last)]
    file.write_text("\n".join(lines))
    answer = publish(played, file, "--json")
    assert answer.code == 1
    assert answer.json == {"published": 2, "faulty": 2}
    named = answer.err.splitlines()
    assert [line.split(": ")[0] for line in named[:2]] == ["events.ndjson:2", "events.ndjson:4"]
    assert named[2:] == ["2 events published, 2 refused"]
    assert "Candlehatch" not in answer.err
    assert "not json" not in answer.err
    until_decided(played, first["id"])
    until_decided(played, last["id"])


def test_a_street_file_is_published_but_for_the_rows_that_are_no_crimes(
    played: Up, tmp_path: Path
) -> None:
    header, good, *_ = DATA.read_text(encoding="utf-8").splitlines()
    short, no_month = "Candlehatch,Juno", good.replace("2025-12", "Candlehatch", 1)
    file = tmp_path / "street.csv"
    file.write_text("\n".join([header, good, short, no_month, good]) + "\n", encoding="utf-8")
    answer = publish(played, file, "--format", "police-uk", "--json")
    assert answer.code == 1
    assert answer.json == {"published": 2, "faulty": 2}
    assert answer.err.splitlines() == [
        "street.csv:3: has 2 columns instead of 12",
        "street.csv:4: Month is not a month (YYYY-MM)",
        "2 events published, 2 refused",
    ]


def test_a_good_file_leaves_with_0_and_prints_nothing_on_stdout(played: Up, tmp_path: Path) -> None:
    file = tmp_path / "events.json"
    file.write_text(json.dumps(crimes(3)))
    answer = publish(played, file)
    assert (answer.code, answer.out, answer.err) == (0, "", "3 events published, 0 refused\n")


@pytest.mark.parametrize(
    ("format_", "sentence"),
    [
        ("police-uk", "the first line is not the header of a police.uk street file"),
        ("cloudevents", "holds neither a JSON object nor a JSON array"),
    ],
)
def test_another_kind_of_file_is_refused_whole_without_repeating_it(
    format_: str, sentence: str, played: Up, tmp_path: Path
) -> None:
    file = tmp_path / "letters.csv"
    file.write_text("name,address\nJuno Candlehatch,1 Gosling Loop\n")
    answer = publish(played, file, "--format", format_, "--json")
    assert (answer.code, answer.out) == (1, "")
    assert answer.err.startswith(f"concordat: letters.csv: {sentence}")
    assert "Candlehatch" not in answer.err


def test_an_event_of_another_agency_is_not_published_for_it(played: Up, tmp_path: Path) -> None:
    (foreign,) = crimes(1)
    file = tmp_path / "foreign.json"
    file.write_text(json.dumps({**foreign, "source": "//probation"}))
    answer = publish(played, file, "--json")
    assert answer.code != 0
    assert answer.out == "" or answer.json["published"] == 0
    assert "source" in answer.err
