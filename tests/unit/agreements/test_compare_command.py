"""`concordat agreements compare`: what it prints, and how it ends."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from concordat.cli.main import app
from concordat.runtime.settings import CONTRACTS

STANDING = CONTRACTS / "agreements" / "worcestershire-domestic-abuse.yaml"


@pytest.fixture
def proposed(tmp_path: Path) -> Path:
    """The standing agreement, for a test to change."""
    file = tmp_path / "proposed.yaml"
    file.write_text(STANDING.read_text(encoding="utf-8"), encoding="utf-8")
    return file


def _change(file: Path, line: str, instead: str) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.count(line) == 1
    file.write_text(text.replace(line, instead), encoding="utf-8")


def _compare(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["agreements", "compare", *map(str, arguments)])


def test_a_gain_is_printed_first_under_its_recipient_and_ends_in_1(proposed: Path) -> None:
    _change(proposed, "{field: repeats_12m, at_least: 3}", "{field: repeats_12m, at_least: 2}")
    answer = _compare(STANDING, proposed)
    assert answer.exit_code == 1
    lines = answer.stdout.splitlines()
    assert lines[1:3] == [
        "childrens-social-care",
        "  from west-mercia-police, domestic-abuse.incident-recorded.v1",
    ]
    told = lines.index("    WIDER       incident_class, offences, repeats_12m") + 1
    assert "when child_count is 1 and repeats_12m is 2; under repeated-abuse" in lines[told]
    assert "SAME" not in answer.stdout


def test_a_loss_alone_ends_in_0(proposed: Path) -> None:
    _change(proposed, "{field: repeats_12m, at_least: 3}", "{field: repeats_12m, at_least: 4}")
    answer = _compare(STANDING, proposed)
    assert answer.exit_code == 0
    assert "    NARROWER    incident_class, offences, repeats_12m\n" in answer.stdout


def test_changed_terms_are_printed_and_end_in_0(proposed: Path) -> None:
    _change(proposed, "keep_days: 90", "keep_days: 365")
    answer = _compare(STANDING, proposed)
    assert answer.exit_code == 0
    assert "looser      womens-aid: keeps (days): 90 -> 365" in answer.stdout


def test_all_shows_what_stays_the_same() -> None:
    answer = _compare("--all", STANDING, STANDING)
    assert answer.exit_code == 0
    assert "    SAME        incident_class, offences, repeats_12m\n" in answer.stdout
    assert len(_compare(STANDING, STANDING).stdout.splitlines()) == 1


def test_json_says_the_same(proposed: Path) -> None:
    _change(proposed, "{field: repeats_12m, at_least: 3}", "{field: repeats_12m, at_least: 2}")
    answer = _compare("--json", STANDING, proposed)
    told = json.loads(answer.stdout)
    assert answer.exit_code == 1
    assert told["gains"] == len(told["changes"]) == 6  # and who did it
    (row,) = (each for each in told["changes"] if each["field"] == "offences")
    assert (row["recipient"], row["verdict"], row["gain"]) == (
        "childrens-social-care",
        "WIDER",
        True,
    )
    assert row["gained"]["values"] == {"child_count": 1, "repeats_12m": 2}
    assert row["now"] == {"shares": ["repeated-abuse-in-household"], "laws": ["prevent-crime"]}


def test_an_agreement_with_faults_is_not_compared(proposed: Path) -> None:
    _change(proposed, "operator: worcestershire-county-council", "operator: nobody-at-all")
    answer = _compare(STANDING, proposed)
    assert answer.exit_code == 1
    assert answer.stdout.startswith(f"{proposed}:")
    assert "nobody-at-all" in answer.stdout
    told = json.loads(_compare("--json", proposed, proposed).stdout)
    assert [fault["message"] for fault in told["faults"]] == 2 * [
        "'nobody-at-all' is not a controller"
    ]


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    answer = _compare(STANDING, tmp_path / "nowhere.yaml")
    assert (answer.exit_code, answer.stdout) == (2, "")
    assert "nowhere.yaml cannot be read" in answer.stderr
