"""A header says the algorithm and the key; whatever else it says must not matter or be refused."""

import base64
import json
from datetime import UTC, date, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from concordat.agreements.parties import SigningKey
from concordat.agreements.signature import verify

PRIVATE = Ed25519PrivateKey.from_private_bytes(b"k" * 32)
CONTENT = b'{"a":1}'


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@pytest.mark.parametrize(
    "header",
    [
        pytest.param({"crit": 5}, id="critical, but no list"),
        # RFC 7797: this header says that the payload was signed as it is; it was not.
        pytest.param({"crit": ["b64"], "b64": False}, id="an unencoded payload"),
    ],
)
def test_a_header_with_a_critical_extension_is_refused(header: dict[str, Any]) -> None:
    key = SigningKey(kid="k-1", x=_b64(PRIVATE.public_key().public_bytes_raw()), valid_from=DAY)
    protected = _b64(json.dumps({"alg": "Ed25519", "kid": "k-1"} | header).encode())
    signature = _b64(PRIVATE.sign(f"{protected}.{_b64(CONTENT)}".encode()))
    at = datetime(2026, 1, 1, 12, tzinfo=UTC)
    assert verify(CONTENT, f"{protected}..{signature}", [key], at) is False


DAY = date(2026, 1, 1)
