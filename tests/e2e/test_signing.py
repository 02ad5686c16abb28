"""The commands of signing and stopping, on a running exchange and on a folder of contracts."""

import json
import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from typer.testing import CliRunner

from concordat.cli import keys, register
from concordat.cli.agreement_notices import resume, suspend, withdraw
from concordat.cli.agreement_sign import sign
from concordat.cli.agreement_signatures import signatures
from concordat.cli.console import NEGATIVE, UNAVAILABLE, USAGE
from concordat.runtime.settings import CONTRACTS
from concordat.stack.embedded import forget
from concordat.stack.state_directory import StateDirectory
from e2e.up import running

pytestmark = pytest.mark.timeout(400)

SAFETY = "worcestershire-community-safety"
ABUSE = "worcestershire-domestic-abuse"
LATE = "telford-and-wrekin-council"
AID, AID_AGENCY = "west-mercia-womens-aid", "womens-aid"
POLICE = "west-mercia-police"
TO_AID = {"publisher": POLICE, "recipient": AID_AGENCY}

app = typer.Typer()
app.add_typer(keys.app, name="keys")
app.add_typer(register.app, name="register")
for command in (sign, signatures, suspend, withdraw, resume):
    app.command()(command)


@dataclass(frozen=True)
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass
class Desk:
    """A running exchange and a folder of contracts to change."""

    contracts: Path
    state: Path
    private: Path

    def run(self, *arguments: str | Path, json: bool = True) -> Said:
        command, *rest = map(str, arguments)
        where = {
            "keys": ["--contracts", str(self.contracts)],
            "register": ["--contracts", str(self.contracts), "--state", str(self.state)],
            "sign": ["--contracts", str(self.contracts), "--state", str(self.state)],
        }.get(command, ["--state", str(self.state)])
        words = [command, *rest, *where, *(["--json"] if json else [])]
        result = CliRunner().invoke(app, words)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Said(result.exit_code, result.stdout, result.stderr)

    def agreement(self, agreement: str) -> Path:
        return self.contracts / "agreements" / f"{agreement}.yaml"

    def signed(self, agreement: str) -> dict[str, Any]:
        """What `signatures` says of an agreement."""
        (report,) = self.run("signatures", agreement).json["agreements"]
        found: dict[str, Any] = report
        return found


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("signing")
    shutil.copytree(CONTRACTS, folder / "contracts")
    with running(folder / "state") as up:
        yield Desk(folder / "contracts", up.state.path, folder)
    forget(StateDirectory(folder / "state"), lambda _: None)


def test_who_has_not_signed_signs_and_is_awaited_no_more(desk: Desk) -> None:
    (version,) = desk.signed(SAFETY)["versions"]
    assert version["awaited"] == [LATE]
    said = desk.run("sign", desk.agreement(SAFETY), "--controller", LATE)
    assert said.code == 0
    assert said.json == {
        "agreement": SAFETY,
        "version": 1,
        "digest": version["digest"],
        "controller": LATE,
        "kid": f"{LATE}-development",
        "still_to_sign": [],
        "file": None,
    }
    (version,) = desk.signed(SAFETY)["versions"]
    assert version["awaited"] == []
    (own,) = [each for each in version["signed"] if each["controller"] == LATE]
    assert own["kid"] == f"{LATE}-development"
    again = desk.run("sign", desk.agreement(SAFETY), "--controller", LATE, json=False)
    assert (again.code, "nothing was done" in again.out) == (0, True)


def test_a_new_key_signs_a_new_version_elsewhere_and_the_folder_brings_both(desk: Desk) -> None:
    out = desk.private / "aid.jwk"
    made = desk.run("keys", "new", AID, "--out", out)
    kid = made.json["kid"]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    assert json.loads(out.read_text())["x"] == made.json["public_key"]["x"]
    file = desk.contracts / "controllers" / f"{AID}.yaml"
    assert [key["kid"] for key in yaml.safe_load(file.read_text())["keys"]] == [kid]
    assert "# invented" in file.read_text()

    text = desk.agreement(ABUSE).read_text().replace("version: 1\n", "version: 2\n")
    second = desk.contracts / "agreements" / f"{ABUSE}.v2.yaml"
    second.write_text(text.replace("Domestic abuse", "Abuse at home", 1))
    (desk.contracts / "signatures").mkdir(exist_ok=True)
    signature = desk.contracts / "signatures" / f"{ABUSE}.v2.{AID}.json"
    said = desk.run("sign", second, "--controller", AID, "--key", out, "--out", signature)
    assert (said.code, said.json["kid"]) == (0, kid)

    published = desk.run("register", "publish")
    assert published.code == 0
    written = published.json["written"]
    assert written[:2] == [f"controller/{AID}/2", f"agreement/{ABUSE}/2"]
    assert f"signature/{ABUSE}/2/{AID}" in written
    assert desk.run("register", "publish").json == {"written": [], "conflicts": []}
    signed = {
        each["controller"]: each["kid"] for each in desk.signed(ABUSE)["versions"][1]["signed"]
    }
    assert signed[AID] == kid
    assert signed[POLICE] == f"{POLICE}-development"


def test_a_party_suspends_at_once_and_both_resume(desk: Desk) -> None:
    because = ("--because", "A test asks for it.")
    said = desk.run("suspend", SAFETY, "--controller", LATE, *because)
    assert said.code == 0
    (notice,) = said.json["notices"]
    assert {pair["recipient"] for pair in notice["pairs"]} == {LATE}
    (known,) = desk.signed(SAFETY)["notices"]
    assert (known["digest"], known["recorded_at"]) == (notice["digest"], notice["recorded_at"])
    assert [LATE in pair for pair in known["stopped"]] == [True] * len(notice["pairs"])

    once = desk.run("resume", SAFETY, "--controller", LATE, *because).json["notices"]
    assert [each["resumes"] for each in once] == [notice["digest"]]
    assert once[0]["awaited"] == [POLICE]
    assert desk.run("resume", SAFETY, "--controller", LATE, *because).code == NEGATIVE
    by_hand = ("--notice", notice["digest"], "--version", "1")
    twice = desk.run("resume", SAFETY, "--controller", POLICE, *because, *by_hand)
    assert twice.code == 0
    (known,) = desk.signed(SAFETY)["notices"]
    assert (known["stopped"], len(known["resumed"])) == ([], len(notice["pairs"]))


def test_a_party_withdraws_from_one_pair_and_from_nobody_elses(desk: Desk) -> None:
    because = ("--because", "A test asks for it.")
    mine = desk.run(
        "withdraw", ABUSE, "--controller", AID, *because, "--pair", f"{POLICE}/{AID_AGENCY}"
    )
    assert mine.json["notices"][0]["pairs"] == [TO_AID]
    others = desk.run(
        "withdraw", ABUSE, "--controller", AID, *because, "--pair", f"{POLICE}/probation"
    )
    assert others.code == NEGATIVE
    assert "a notice for the pairs of others" in others.err
    high = desk.run("suspend", ABUSE, "--controller", AID, *because, "--version", "99")
    assert "a notice of a version that is not registered" in high.err
    lines = desk.run("signatures", ABUSE, json=False).out.splitlines()
    assert f"    stopped  {POLICE} -> {AID_AGENCY}" in lines


def _nobody(desk: Desk) -> tuple[str, ...]:
    return "sign", str(desk.agreement(ABUSE)), "--controller", "nobody"


def _no_party(desk: Desk) -> tuple[str, ...]:
    return "sign", str(desk.agreement(ABUSE)), "--controller", LATE


def _faulty(desk: Desk) -> tuple[str, ...]:
    file = desk.private / "faulty.yaml"
    file.write_text(desk.agreement(ABUSE).read_text().replace("operator: ", "operator: un"))
    return "sign", str(file), "--controller", POLICE


def _rewritten(desk: Desk) -> tuple[str, ...]:
    file = desk.private / "rewritten.yaml"
    file.write_text(desk.agreement(ABUSE).read_text().replace("title: ", "title: The "))
    return "sign", str(file), "--controller", POLICE


def _unpublished(desk: Desk) -> tuple[str, ...]:
    out = desk.private / "unpublished.jwk"
    if not out.exists():
        assert desk.run("keys", "new", LATE, "--out", out, "--print", json=False).code == 0
    file = desk.private / "third.yaml"
    text = desk.agreement(SAFETY).read_text().replace("version: 1\n", "version: 3\n")
    file.write_text(text)
    return "sign", str(file), "--controller", LATE, "--key", str(out)


@pytest.mark.parametrize(
    ("command", "why"),
    [
        (_nobody, "is not a registered controller"),
        (_no_party, "is behind no party of"),
        (_faulty, "has 1 faults and is not signed"),
        (_rewritten, "is registered with other content"),
        (_unpublished, "is not among the published keys of"),
    ],
)
def test_what_may_not_be_signed_is_not(desk: Desk, command: Any, why: str) -> None:
    words = command(desk)
    before = desk.run("signatures").json
    said = desk.run(*words)
    assert said.code == NEGATIVE
    assert why in said.err
    assert desk.run("signatures").json == before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ("valid_from: 2099-01-01", "it counts only from 2099-01-01 on"),
        ("valid_from: 2020-01-01\n    valid_until: 2020-12-31", "it counted until 2020-12-31"),
        (
            'valid_from: 2020-01-01\n    revoked_at: "2026-01-01T00:00:00Z"',
            "it was revoked at 2026-01-01T00:00:00Z",
        ),
    ],
)
def test_a_key_that_does_not_count_today_signs_nothing(
    desk: Desk, tmp_path: Path, change: str, why: str
) -> None:
    shutil.copytree(desk.contracts / "agencies", tmp_path / "agencies")
    shutil.copytree(desk.contracts / "controllers", tmp_path / "controllers")
    elsewhere = Desk(tmp_path, tmp_path / "no-state", tmp_path)
    out = tmp_path / "key.jwk"
    assert elsewhere.run("keys", "new", POLICE, "--out", out).code == 0
    file = tmp_path / "controllers" / f"{POLICE}.yaml"
    head, _, _ = file.read_text().partition("valid_from")
    file.write_text(head + change + "\n")
    words = ("--controller", POLICE, "--key", out, "--out", tmp_path / "signature.json")
    said = elsewhere.run("sign", desk.agreement(ABUSE), *words)
    assert said.code == NEGATIVE
    assert why in said.err
    assert not (tmp_path / "signature.json").exists()


def test_a_private_key_is_never_overwritten(desk: Desk) -> None:
    out = desk.private / "kept.jwk"
    out.write_text("the only copy")
    file = desk.contracts / "controllers" / f"{POLICE}.yaml"
    before = file.read_text()
    assert desk.run("keys", "new", POLICE, "--out", out).code == USAGE
    assert (out.read_text(), file.read_text()) == ("the only copy", before)


def test_without_a_stack_signing_asks_for_a_file(desk: Desk, tmp_path: Path) -> None:
    alone = Desk(desk.contracts, tmp_path / "no-state", tmp_path)
    said = alone.run("sign", desk.agreement(ABUSE), "--controller", POLICE)
    assert said.code == UNAVAILABLE
    assert "--out" in said.err
