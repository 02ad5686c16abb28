"""What `concordat prepare` is told, and how long it goes on trying."""

import asyncpg
import pytest
from pydantic import SecretStr

from concordat.cli import prepare
from concordat.cli.prepare import PrepareSettings, _go_on_trying
from concordat.postgres.roles import API, ROLES
from concordat.stack.preparation import Prepared

DONE = Prepared(1, 2, ())


def test_a_password_goes_to_the_role_of_its_name_and_none_is_invented() -> None:
    assert PrepareSettings(api_password=SecretStr("one")).passwords == {API: "one"}
    every = {f"{role.removeprefix('concordat_')}_password": role for role in ROLES}
    assert PrepareSettings.model_validate(every).passwords == {role: role for role in ROLES}


def test_servers_that_start_are_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "_PAUSE_SECONDS", 0.0)
    answers: list[Exception | Prepared] = [
        ConnectionRefusedError(),
        asyncpg.CannotConnectNowError(),
        DONE,
    ]
    assert _go_on_trying(60, lambda: _answer(answers.pop(0))) == DONE
    assert answers == []


def test_after_its_time_the_last_refusal_is_raised() -> None:
    with pytest.raises(ConnectionRefusedError):
        _go_on_trying(-1, lambda: _answer(ConnectionRefusedError()))


def test_a_refusal_that_will_not_change_is_not_tried_again() -> None:
    answers: list[Exception | Prepared] = [asyncpg.InvalidPasswordError(), DONE]
    with pytest.raises(asyncpg.InvalidPasswordError):
        _go_on_trying(60, lambda: _answer(answers.pop(0)))
    assert answers == [DONE]


def _answer(what: Exception | Prepared) -> Prepared:
    if isinstance(what, Prepared):
        return what
    raise what
