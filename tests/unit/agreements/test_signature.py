"""Signatures: exactly this content, by a key valid on that day, by Ed25519 and nothing else."""

import base64
import hmac
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import OKPKey

from builders import key_of, public
from concordat.agreements.parties import SigningKey
from concordat.agreements.signature import sign, verify
from event_strategies import THOROUGH

# RFC 8037 appendix A.1, A.2 and A.4.
D = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A"
X = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"
RFC_PAYLOAD = b"Example of Ed25519 signing"
RFC_HEADER = "eyJhbGciOiJFZERTQSJ9"
RFC_SIGNATURE = (
    "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)

NOON = datetime(2026, 6, 30, 12, 0, tzinfo=UTC)
KEY = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "d": D, "x": X, "kid": "rfc-8037"})
PUBLIC = SigningKey(kid="rfc-8037", x=X, valid_from=date(2026, 1, 1))
CONTENT = b'{"a":1}'
TOKEN = sign(CONTENT, KEY)


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def _hand_made(header: Any, content: bytes = CONTENT) -> str:
    """A detached JWS whose Ed25519 signature over its own header is right, whatever that says."""
    protected = _b64(json.dumps(header, separators=(",", ":")).encode())
    signed = Ed25519PrivateKey.from_private_bytes(_bytes(D)).sign(
        f"{protected}.{_b64(content)}".encode()
    )
    return f"{protected}..{_b64(signed)}"


def _verify(token: str, content: bytes = CONTENT, *keys: SigningKey, at: datetime = NOON) -> bool:
    return verify(content, token, keys or (PUBLIC,), at)


def test_the_key_and_the_scheme_are_those_of_rfc_8037() -> None:
    signed = Ed25519PrivateKey.from_private_bytes(_bytes(D)).sign(
        f"{RFC_HEADER}.{_b64(RFC_PAYLOAD)}".encode()
    )
    assert _b64(signed) == RFC_SIGNATURE
    header, empty, signature = sign(RFC_PAYLOAD, KEY).split(".")
    assert empty == ""
    assert json.loads(_bytes(header)) == {"alg": "Ed25519", "kid": "rfc-8037"}
    assert f"{header}..{signature}" == _hand_made(json.loads(_bytes(header)), RFC_PAYLOAD)


def test_what_was_signed_verifies() -> None:
    assert _verify(TOKEN)
    assert _verify(_hand_made({"alg": "Ed25519", "kid": "rfc-8037"}))


def test_the_older_name_of_the_algorithm_is_refused_even_with_the_vector_of_the_rfc() -> None:
    assert not _verify(f"{RFC_HEADER}..{RFC_SIGNATURE}", RFC_PAYLOAD)
    assert not _verify(_hand_made({"alg": "EdDSA", "kid": "rfc-8037"}))


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "none", "kid": "rfc-8037"},
        {"alg": "HS256", "kid": "rfc-8037"},
        {"alg": "ed25519", "kid": "rfc-8037"},
        {"alg": "Ed448", "kid": "rfc-8037"},
        {"alg": ["Ed25519"], "kid": "rfc-8037"},
        {"kid": "rfc-8037"},
        {"alg": "Ed25519"},
        {"alg": "Ed25519", "kid": None},
        {"alg": "Ed25519", "kid": "another"},
        {"alg": "Ed25519", "kid": ["rfc-8037"]},
        {"alg": "Ed25519", "kid": "rfc-8037", "crit": ["exp"], "exp": 1},
        [],
        "Ed25519",
        None,
        5,
    ],
)
def test_any_other_header_is_refused_even_when_the_signature_over_it_is_right(header: Any) -> None:
    assert not _verify(_hand_made(header))


def test_an_hmac_with_the_public_key_as_its_secret_is_refused() -> None:
    protected = _b64(json.dumps({"alg": "HS256", "kid": "rfc-8037"}).encode())
    digest = hmac.digest(_bytes(X), f"{protected}.{_b64(CONTENT)}".encode(), "sha256")
    assert not _verify(f"{protected}..{_b64(digest)}")


def test_an_empty_signature_is_refused() -> None:
    header = _b64(b'{"alg":"none","kid":"rfc-8037"}')
    assert not _verify(f"{header}..")
    assert not _verify(TOKEN.rpartition(".")[0] + ".")


def test_another_content_is_refused() -> None:
    assert not _verify(TOKEN, b'{"a":2}')
    assert not _verify(TOKEN, CONTENT + b" ")
    assert not _verify(TOKEN, b"")


def test_the_payload_may_not_stand_in_the_token() -> None:
    header, _, signature = TOKEN.split(".")
    assert not _verify(f"{header}.{_b64(CONTENT)}.{signature}")


@THOROUGH
@given(st.data())
def test_every_flipped_bit_of_header_or_signature_is_noticed(draw: st.DataObject) -> None:
    header, _, signature = TOKEN.split(".")
    raw = bytearray(_bytes(header) + _bytes(signature))
    bit = draw.draw(st.integers(0, len(raw) * 8 - 1))
    raw[bit // 8] ^= 1 << bit % 8
    split = len(_bytes(header))
    assert not _verify(f"{_b64(bytes(raw[:split]))}..{_b64(bytes(raw[split:]))}")


@THOROUGH
@given(st.text(max_size=40) | st.text("ABCabc.=-_", max_size=40))
def test_a_text_that_is_no_signature_is_refused_and_never_an_error(text: str) -> None:
    assert not _verify(text)
    assert not _verify(f"{TOKEN}{text}" if text else "")
    assert not _verify(f"{text}..{TOKEN.rpartition('.')[2]}")


def test_another_controllers_key_is_refused() -> None:
    other = key_of("rfc-8037")
    assert other.kid != KEY.kid
    renamed = public(other).model_copy(update={"kid": "rfc-8037"})
    assert not _verify(TOKEN, CONTENT, renamed)
    assert _verify(TOKEN, CONTENT, renamed, PUBLIC)


def test_the_key_is_the_one_that_the_header_names() -> None:
    assert not _verify(TOKEN, CONTENT, PUBLIC.model_copy(update={"kid": "rfc-8037-2"}))


def test_no_key_verifies_nothing() -> None:
    assert not verify(CONTENT, TOKEN, [], NOON)


@pytest.mark.parametrize(
    ("at", "counts"),
    [
        # The key is valid from 30 June to 1 July, days of London: one hour ahead of UTC in summer.
        (datetime(2026, 6, 29, 22, 59, 59, tzinfo=UTC), False),
        (datetime(2026, 6, 29, 23, 0, tzinfo=UTC), True),
        (datetime(2026, 7, 1, 22, 59, 59, tzinfo=UTC), True),
        (datetime(2026, 7, 1, 23, 0, tzinfo=UTC), False),
    ],
)
def test_a_key_counts_on_its_days_of_london(at: datetime, counts: bool) -> None:
    days = {"valid_from": date(2026, 6, 30), "valid_until": date(2026, 7, 1)}
    assert _verify(TOKEN, CONTENT, PUBLIC.model_copy(update=days), at=at) is counts


def test_a_key_without_an_end_counts_on() -> None:
    assert _verify(TOKEN, at=datetime(2099, 1, 1, tzinfo=UTC))
    assert not _verify(TOKEN, at=datetime(2025, 12, 31, 23, tzinfo=UTC))


def test_an_expired_key_does_not_hide_the_valid_one() -> None:
    expired = PUBLIC.model_copy(update={"valid_until": date(2026, 1, 2)})
    assert not _verify(TOKEN, CONTENT, expired)
    assert _verify(TOKEN, CONTENT, expired, PUBLIC)
