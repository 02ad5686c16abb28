"""`concordat prepare` and `concordat demo --running` say what they lack."""

from pathlib import Path

from e2e.command import concordat


def test_without_a_database_server_nothing_is_prepared(tmp_path: Path) -> None:
    answer = concordat("prepare", folder=tmp_path)
    assert (answer.code, answer.out) == (2, "")
    assert answer.err == "concordat: CONCORDAT_POSTGRES is not set: the DSN of a superuser\n"
    assert list(tmp_path.iterdir()) == []


def test_the_demonstration_is_not_played_into_a_stack_that_does_not_run(tmp_path: Path) -> None:
    answer = concordat("demo", "--running", folder=tmp_path)
    assert (answer.code, answer.out) == (69, "")
    assert answer.err.startswith("concordat: no stack runs in .concordat; start one with")
