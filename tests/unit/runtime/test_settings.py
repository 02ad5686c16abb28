"""Settings: `CONCORDAT_*` and nothing else, and a secret does not print."""

from datetime import UTC
from pathlib import Path

import pytest
from pydantic import ValidationError

from concordat.runtime.clock import system_clock
from concordat.runtime.errors import (
    ClockBehind,
    ConcordatError,
    NotAcknowledged,
    RegisterUnavailable,
)
from concordat.runtime.settings import Settings


def test_each_setting_is_read_from_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCORDAT_KAFKA", "broker:1")
    monkeypatch.setenv("CONCORDAT_PORT", "8123")
    monkeypatch.setenv("CONCORDAT_CONTENT_KEY", "top-secret")
    monkeypatch.setenv("KAFKA", "other:2")
    settings = Settings()
    assert (settings.kafka, settings.port) == ("broker:1", 8123)
    assert settings.content_key.get_secret_value() == "top-secret"
    assert settings.contracts.name == "contracts"


def test_no_secret_prints(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONCORDAT_CONTENT_KEY", "top-secret")
    monkeypatch.setenv("CONCORDAT_POSTGRES", "postgresql://api:top-secret@localhost/x")
    assert "top-secret" not in repr(Settings()) + str(Settings()) + Settings().model_dump_json()


def test_by_default_nothing_listens_beyond_this_machine() -> None:
    assert Settings().host == "127.0.0.1"


def test_settings_do_not_change_while_a_process_runs() -> None:
    with pytest.raises(ValidationError):
        Settings().kafka = "x"  # type: ignore[misc]
    assert isinstance(Settings(contracts=Path("x")).contracts, Path)


def test_the_clock_knows_its_zone() -> None:
    assert system_clock().tzinfo is UTC


@pytest.mark.parametrize(
    ("error", "code"),
    [(ConcordatError, 70), (RegisterUnavailable, 75), (ClockBehind, 75), (NotAcknowledged, 75)],
)
def test_each_error_has_its_exit_code(error: type[ConcordatError], code: int) -> None:
    assert error.exit_code == code
    assert issubclass(error, ConcordatError)
