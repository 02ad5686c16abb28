import shutil
from pathlib import Path, PurePosixPath

import pytest
from typer.testing import CliRunner

from concordat.cli.contracts import app, schemas, stale_files, write_files
from concordat.runtime.settings import CONTRACTS
from concordat_events.catalogue import CATALOGUE

SCHEMA = "events/triage.response-given.v1.schema.json"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The contracts folder, to be spoilt."""
    return Path(shutil.copytree(CONTRACTS, tmp_path / "contracts"))


def _states(folder: Path) -> list[str]:
    return [str(stale) for stale in stale_files(folder, schemas())]


def test_the_committed_files_are_as_the_models_say() -> None:
    assert _states(CONTRACTS) == []


def test_every_published_type_and_the_api_are_generated() -> None:
    paths = {str(path) for path in schemas()}
    assert paths >= {f"events/{name}.schema.json" for name in CATALOGUE}
    assert paths >= {"http/openapi.json", "agreement.schema.json"}


def test_a_changed_file_is_found(copy: Path) -> None:
    file = copy / SCHEMA
    file.write_text(file.read_text().replace('"additionalProperties": false', "", 1))
    assert _states(copy) == [f"{SCHEMA}: not as the models say"]


def test_a_missing_file_is_found(copy: Path) -> None:
    (copy / SCHEMA).unlink()
    assert _states(copy) == [f"{SCHEMA}: missing"]


@pytest.mark.parametrize(
    "orphan", ["events/of-nothing.v1.schema.json", "http/old.json", "treaty.schema.json"]
)
def test_a_file_of_no_model_is_found(copy: Path, orphan: str) -> None:
    (copy / orphan).write_text("{}")
    assert _states(copy) == [f"{orphan}: generated from nothing"]


def test_generating_mends_what_is_stale_and_touches_nothing_else(copy: Path) -> None:
    (copy / SCHEMA).unlink()
    orphan = copy / "events/of-nothing.v1.schema.json"
    orphan.write_text("{}")
    before = (copy / "README.md").read_bytes()
    changed = write_files(copy, schemas())
    assert changed == [PurePosixPath(SCHEMA), PurePosixPath("events/of-nothing.v1.schema.json")]
    assert _states(copy) == []
    assert not orphan.exists()
    assert (copy / "README.md").read_bytes() == before
    assert write_files(copy, schemas()) == []


def test_the_command_names_stale_files_and_exits_with_1(copy: Path) -> None:
    arguments = ["check", "--contracts", str(copy)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    (copy / SCHEMA).unlink()
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 1
    assert f"{SCHEMA}: missing" in result.stdout


def test_the_command_generates_into_an_empty_folder(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["generate", "--contracts", str(tmp_path)])
    assert result.exit_code == 0
    assert _states(tmp_path) == []
