"""A development issuer and a verifier that trusts it, at a fixed time."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from joserfc.jwk import OKPKey

from concordat.inbox.token_keys import TokenKeys, new_token_key, write_public_keys
from concordat.inbox.tokens import TokenVerifier

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return NOW


@pytest.fixture(scope="session")
def issuer_key() -> OKPKey:
    return new_token_key()


@pytest.fixture
def key_file(tmp_path: Path, issuer_key: OKPKey) -> Path:
    path = tmp_path / "token-keys.json"
    path.write_bytes(write_public_keys(issuer_key))
    return path


@pytest.fixture
def verifier(key_file: Path, now: datetime) -> TokenVerifier:
    clock: Callable[[], datetime] = lambda: now  # noqa: E731
    return TokenVerifier(
        TokenKeys(key_file), issuer="https://issuer.invalid", audience="concordat", clock=clock
    )
