"""Bearer tokens: a short-lived JWT, signed with Ed25519 (RFC 9864), that names one agency."""

from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import CompactSignature

from concordat.inbox.token_keys import TokenKeys
from concordat.runtime.clock import Clock

ALGORITHM = "Ed25519"
MAX_LIFETIME_SECONDS = 600
LEEWAY_SECONDS = 30
MAX_TOKEN_LENGTH = 4096


class TokenRefused(Exception):
    """The token proves nothing; it is not said what was wrong with it."""


class TokenVerifier:
    """Says which agency a token was issued to, by an issuer whose keys are in `keys`."""

    def __init__(self, keys: TokenKeys, *, issuer: str, audience: str, clock: Clock) -> None:
        self._keys = keys
        self._issuer = issuer
        self._audience = audience
        self._clock = clock

    def verify(self, token: str) -> str:
        """Return the agency id in `sub`; raises `TokenRefused` or `TokenKeysUnreadable`."""
        if len(token) > MAX_TOKEN_LENGTH:
            raise TokenRefused
        try:
            claims = jwt.decode(token, self._key_of, algorithms=[ALGORITHM]).claims
            self._check(claims)
        except (JoseError, ValueError, TypeError, AttributeError, RecursionError):
            # The header and claims are the sender's JSON: joserfc lets its type errors through.
            raise TokenRefused from None
        return str(claims["sub"])

    def _key_of(self, signature: Any) -> OKPKey:
        header = signature.headers() if isinstance(signature, CompactSignature) else {}
        kid = header.get("kid")
        key = self._keys.find(kid) if isinstance(kid, str) else None
        if key is None:
            raise TokenRefused
        return key

    def _check(self, claims: dict[str, Any]) -> None:
        now = self._clock().timestamp()
        jwt.JWTClaimsRegistry(
            int(now),
            LEEWAY_SECONDS,
            iss={"essential": True, "value": self._issuer},
            aud={"essential": True, "value": self._audience},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)
        # Leeway is for a clock that is ahead, never to live longer.
        lifetime = claims["exp"] - claims["iat"]
        if claims["exp"] <= now or not 0 < lifetime <= MAX_LIFETIME_SECONDS:
            raise TokenRefused


def issue_token(
    agency: str,
    key: OKPKey,
    *,
    issuer: str,
    audience: str,
    now: datetime,
    lifetime_seconds: int = MAX_LIFETIME_SECONDS,
) -> str:
    """Return a token for `agency`: for development and tests, where no identity provider is."""
    if not 0 < lifetime_seconds <= MAX_LIFETIME_SECONDS:
        raise ValueError(f"a token lives between 1 and {MAX_LIFETIME_SECONDS} seconds")
    issued_at = int(now.timestamp())
    claims = {
        "iss": issuer,
        "aud": audience,
        "sub": agency,
        "iat": issued_at,
        "exp": issued_at + lifetime_seconds,
    }
    return jwt.encode({"alg": ALGORITHM, "kid": key.kid}, claims, key, algorithms=[ALGORITHM])
