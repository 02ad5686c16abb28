"""`concordat agreements check`: every fault of an agreement at once, before anybody signs it."""

from pathlib import Path

import pytest

from concordat.runtime.settings import CONTRACTS
from e2e.command import concordat

GOOD = CONTRACTS / "agreements" / "worcestershire-community-safety.yaml"
# A line of the good agreement, what it becomes, and what is to be said of it.
FAULTS = (
    ("operator: worcestershire-county-council", "operator: nobody-at-all", "nobody-at-all"),
    ("      - {field: district, is: Worcester}", "      - {field: town, is: Worcester}", "town"),
    ("never_send: [context]", "never_send: [contents]", "contents"),
)


@pytest.fixture
def faulty(tmp_path: Path) -> tuple[Path, list[int]]:
    """The good agreement with three faults, and the lines that they are in."""
    text = GOOD.read_text(encoding="utf-8")
    for line, instead, _ in FAULTS:
        assert text.count(line + "\n") == 1
        text = text.replace(line + "\n", instead + "\n")
    file = tmp_path / "faulty.yaml"
    file.write_text(text, encoding="utf-8")
    lines = text.splitlines()
    return file, sorted(lines.index(instead) + 1 for _, instead, _ in FAULTS)


def test_the_published_agreements_have_no_fault(tmp_path: Path) -> None:
    files = sorted((CONTRACTS / "agreements").glob("*.yaml"))
    answer = concordat("agreements", "check", *files, folder=tmp_path)
    assert answer.code == 0
    told = answer.out.splitlines()
    assert all(": note: " in line for line in told)
    assert answer.err == f"{len(files)} files, 0 faults, {len(told)} notes\n"


def test_every_fault_is_named_at_once_with_its_file_and_line(
    faulty: tuple[Path, list[int]], tmp_path: Path
) -> None:
    file, lines = faulty
    answer = concordat("agreements", "check", file, GOOD, folder=tmp_path)
    assert answer.code == 1
    assert answer.err == "2 files, 3 faults, 1 notes\n"
    *told, note = answer.out.splitlines()
    assert note.startswith(f"{GOOD}:")
    assert ": note: nobody receives" in note
    assert [line.split(":")[:2] for line in told] == [[str(file), str(at)] for at in lines]
    for _, _, word in FAULTS:
        assert sum(word in line for line in told) == 1


def test_faults_are_also_told_as_json(faulty: tuple[Path, list[int]], tmp_path: Path) -> None:
    file, lines = faulty
    answer = concordat("agreements", "check", "--json", file, folder=tmp_path)
    assert answer.code == 1
    assert answer.json["files"] == 1
    assert [(fault["file"], fault["line"]) for fault in answer.json["faults"]] == [
        (str(file), at) for at in lines
    ]
    assert all(fault["message"] and fault["column"] > 0 for fault in answer.json["faults"])


def test_a_file_that_is_not_there_is_wrong_usage(tmp_path: Path) -> None:
    answer = concordat("agreements", "check", "nowhere.yaml", folder=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert "nowhere.yaml cannot be read" in answer.err
