"""The commands `agreements show`, `who-sees`, `receives` and `gaps`, on the committed contracts."""

import json
import shutil
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner, Result

from concordat.cli import agreement_questions
from concordat.cli.agreement_show import show
from concordat.runtime.settings import CONTRACTS

FILE = str(CONTRACTS / "agreements" / "worcestershire-domestic-abuse.yaml")

app = typer.Typer()
app.command()(show)
app.command("who-sees")(agreement_questions.who_sees)
app.command()(agreement_questions.receives)
app.command()(agreement_questions.gaps)


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


@pytest.mark.parametrize(
    ("format_", "start"),
    [
        ("text", "Agreement worcestershire-"),
        ("markdown", "# Agreement "),
        ("html", "<!DOCTYPE "),
    ],
)
def test_an_agreement_is_shown_in_each_format(format_: str, start: str) -> None:
    result = _run("show", FILE, "--format", format_)
    assert result.exit_code == 0
    assert result.stdout.startswith(start)
    assert "West Mercia Women" in result.stdout
    assert result.stdout.endswith("\n")
    assert not result.stdout.endswith("\n\n")


def test_an_agreement_is_shown_as_json() -> None:
    told = json.loads(_run("show", FILE, "--json").stdout)
    assert told["blocks"][1]["text"].startswith("Every delivery under this agreement tells")


def test_an_agreement_with_faults_is_not_shown_and_each_is_named(tmp_path: Path) -> None:
    file = tmp_path / "faulty.yaml"
    text = Path(FILE).read_text("utf-8")
    file.write_text(text.replace("victim.dob", "victim.age").replace("keep_days: 90, ", ""))
    result = _run("show", str(file))
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "victim.age" in result.stderr
    assert "has faults, so it is not shown" in result.stderr


def test_faulty_parties_are_named_instead(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CONTRACTS, tmp_path / "contracts"))
    (folder / "agencies" / "womens-aid.yaml").write_text("id: womens-aid\n")
    result = _run("show", FILE, "--contracts", str(folder))
    assert result.exit_code == 1
    assert "agencies/womens-aid.yaml" in result.stderr


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    result = _run("show", str(tmp_path / "none.yaml"))
    assert result.exit_code == 2
    assert "cannot be read" in result.stderr


def test_who_sees_a_field() -> None:
    result = _run("who-sees", "safe_contact.method")
    assert result.exit_code == 0
    assert "safe_contact.method (sealed)" in result.stdout
    assert "(womens-aid)" in result.stdout
    assert "(probation)" not in result.stdout
    told = json.loads(_run("who-sees", "safe_contact.method", "--json").stdout)
    (field,) = [each for each in told["fields"] if each["event"].startswith("domestic-abuse.inc")]
    assert field["mark"] == "X"
    (receiver,) = field["receives"]
    assert receiver["recipient"] == "womens-aid"
    assert receiver["share"] == "idva-referral"
    assert {"field": "grade", "is": "high"} in receiver["when"]


def test_a_field_of_nobody_is_said_to_be_so() -> None:
    result = _run("who-sees", "witnesses")
    assert result.exit_code == 0
    assert "Nobody receives it." in result.stdout


@pytest.mark.parametrize(
    ("arguments", "near"),
    [
        (
            ["who-sees", "victm.dob"],
            "'victm.dob' is not a published field; did you mean victim.",
        ),
        (
            ["receives", "womens_aid"],
            "'womens_aid' is not a registered agency; did you mean w",
        ),
        (["who-sees", "zzzzzzzz"], "'zzzzzzzz' is not a published field\n"),
    ],
)
def test_an_unknown_word_is_refused_with_what_is_near(arguments: list[str], near: str) -> None:
    for more in ((), ("--json",)):
        result = _run(*arguments, *more)
        assert result.exit_code == 1
        assert result.stdout == ""
        assert near in result.stderr


def test_what_an_agency_receives() -> None:
    text = _run("receives", "womens-aid").stdout
    assert "safe_contact.method (sealed)" in text
    assert "narrative" not in text
    told = json.loads(_run("receives", "womens-aid", "--json").stdout)
    assert {each["recipient"] for each in told["receives"]} == {"womens-aid"}
    referral = next(each for each in told["receives"] if each["share"] == "idva-referral")
    assert referral["keep_days"] == 90
    assert "safe_contact.window" in referral["fields"]


def test_what_nobody_receives() -> None:
    assert "witnesses[].ref" in _run("gaps").stdout
    told = json.loads(_run("gaps", "--json").stdout)
    incident = next(
        each for each in told["events"] if each["event"] == "domestic-abuse.incident-recorded.v1"
    )
    narrative = next(each for each in incident["fields"] if each["field"] == "narrative")
    assert narrative["never_send"] == ["worcestershire-domestic-abuse v1"]


def test_a_faulty_book_is_not_asked(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(CONTRACTS, tmp_path / "contracts"))
    (folder / "agreements" / "worcestershire-marac.yaml").write_text("id: nothing\n")
    for arguments in (("gaps",), ("receives", "womens-aid"), ("who-sees", "grade")):
        result = _run(*arguments, "--contracts", str(folder))
        assert result.exit_code == 1
        assert "agreements/worcestershire-marac.yaml" in result.stderr
        assert result.stdout == ""
