"""Ed25519 signatures (RFC 8037) as detached JWS (RFC 7515 App. F) over canonical bytes."""

import base64
import json
from collections.abc import Iterable
from datetime import datetime

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from concordat.agreements.parties import SigningKey

ALGORITHM = "Ed25519"  # RFC 9864; the older name EdDSA does not say which curve


def sign(content: bytes, key: OKPKey) -> str:
    """Return the detached JWS of `content` by a private key that has a `kid`."""
    compact = jws.serialize_compact(
        {"alg": ALGORITHM, "kid": key.kid}, content, key, algorithms=[ALGORITHM]
    )
    header, _, signature = compact.split(".")
    return f"{header}..{signature}"


def verify(content: bytes, detached: str, keys: Iterable[SigningKey], at: datetime) -> bool:
    """Whether `detached` is a signature of exactly `content` by one of `keys` that counts at `at`.

    The key is the one the header names; no other algorithm than Ed25519 is accepted.
    """
    return find_signer(content, detached, keys, at) is not None


def find_signer(
    content: bytes, detached: str, keys: Iterable[SigningKey], at: datetime
) -> SigningKey | None:
    """Return the key of `keys` for which `verify` holds; None when it holds for none."""
    parts = detached.split(".")
    if len(parts) != 3 or parts[1] or not _plain_header(parts[0]):
        return None
    payload = base64.urlsafe_b64encode(content).rstrip(b"=").decode()
    compact = f"{parts[0]}.{payload}.{parts[2]}"
    return next((key for key in keys if key.counts(at) and _verifies(compact, key)), None)


def _plain_header(encoded: str) -> bool:
    """Whether the header says alg and kid and nothing else: any extension could change meaning."""
    try:
        header = json.loads(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))
    except (ValueError, RecursionError):
        return False
    return isinstance(header, dict) and set(header) == {"alg", "kid"}


def _verifies(compact: str, key: SigningKey) -> bool:
    jwk = OKPKey.import_key({"kty": key.kty, "crv": key.crv, "x": key.x, "kid": key.kid})
    try:
        token = jws.deserialize_compact(compact, jwk, algorithms=[ALGORITHM])
    except (JoseError, ValueError):
        return False
    return token.protected.get("kid") == key.kid
