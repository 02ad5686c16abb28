import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OKPKey, RSAKey

from concordat.inbox.token_keys import (
    TokenKeys,
    TokenKeysUnreadable,
    new_token_key,
    read_public_keys,
    write_public_keys,
)
from concordat.inbox.tokens import TokenRefused, TokenVerifier, issue_token

ISSUER, AUDIENCE = "https://issuer.invalid", "concordat"


def b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def signed(key: OKPKey, claims: Any, **header: Any) -> str:
    """A compact JWS made by hand: it can say what no library would."""
    full = {"alg": "Ed25519", "kid": key.kid, "typ": "JWT", **header}
    full = {name: value for name, value in full.items() if value is not None}
    content = f"{b64(json.dumps(full).encode())}.{b64(json.dumps(claims).encode())}"
    signature = key.private_key.sign(content.encode())  # type: ignore[union-attr]
    return f"{content}.{b64(signature)}"


@pytest.fixture
def claims(now: datetime) -> dict[str, Any]:
    issued = int(now.timestamp())
    return {
        "iss": ISSUER,
        "aud": AUDIENCE,
        "sub": "womens-aid",
        "iat": issued,
        "exp": issued + 600,
    }


def test_an_issued_token_names_its_agency(
    verifier: TokenVerifier, issuer_key: OKPKey, now: datetime
) -> None:
    token = issue_token("womens-aid", issuer_key, issuer=ISSUER, audience=AUDIENCE, now=now)
    assert verifier.verify(token) == "womens-aid"


def test_a_token_made_by_hand_with_the_right_claims_is_accepted(
    verifier: TokenVerifier, issuer_key: OKPKey, claims: dict[str, Any]
) -> None:
    assert verifier.verify(signed(issuer_key, claims)) == "womens-aid"
    assert verifier.verify(signed(issuer_key, {**claims, "aud": ["else", AUDIENCE]}))


def without(name: str, claims: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in claims.items() if key != name}


def with_null(name: str, claims: dict[str, Any]) -> dict[str, Any]:
    return {**claims, name: None}


CLAIM_ATTACKS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "another audience": lambda c: {**c, "aud": "another"},
    "a list of other audiences": lambda c: {**c, "aud": ["another", "concordat2"]},
    "an audience that is an object": lambda c: {**c, "aud": {"concordat": 1}},
    "another issuer": lambda c: {**c, "iss": "https://evil.invalid"},
    "an issuer that is a list": lambda c: {**c, "iss": [ISSUER]},
    "expired this second": lambda c: {**c, "iat": c["iat"] - 600, "exp": c["iat"]},
    "expired within the leeway": lambda c: {**c, "iat": c["iat"] - 100, "exp": c["iat"] - 1},
    "issued in the future": lambda c: {**c, "iat": c["iat"] + 60, "exp": c["iat"] + 300},
    "lives too long": lambda c: {**c, "exp": c["exp"] + 1},
    "lives too long from the past": lambda c: {**c, "iat": c["iat"] - 1},
    "an expiry of not a number": lambda c: {**c, "exp": float("nan")},
    "an infinite expiry": lambda c: {**c, "exp": float("inf")},
    "an expiry that is text": lambda c: {**c, "exp": str(c["exp"])},
    "an expiry that is true": lambda c: {**c, "exp": True},
    "an issue time that is text": lambda c: {**c, "iat": "0"},
    "expires before it is issued": lambda c: {**c, "iat": c["iat"] + 20, "exp": c["iat"] + 10},
    "not valid yet": lambda c: {**c, "nbf": c["iat"] + 60},
    "a subject that is a number": lambda c: {**c, "sub": 1},
    "an empty subject": lambda c: {**c, "sub": ""},
    "no object": lambda c: [c],
    "text": lambda _: "womens-aid",
    "nothing": lambda _: {},
    **{f"no {name}": partial(without, name) for name in ("iss", "aud", "sub", "iat", "exp")},
    **{f"null {name}": partial(with_null, name) for name in ("iss", "aud", "sub", "iat", "exp")},
}


@pytest.mark.parametrize("attack", CLAIM_ATTACKS, ids=CLAIM_ATTACKS)
def test_a_signed_token_with_wrong_claims_is_refused(
    attack: str, verifier: TokenVerifier, issuer_key: OKPKey, claims: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefused):
        verifier.verify(signed(issuer_key, CLAIM_ATTACKS[attack](claims)))


HEADER_ATTACKS: dict[str, dict[str, Any]] = {
    "alg none": {"alg": "none"},
    "alg None": {"alg": "None"},
    "alg EdDSA, which names no curve": {"alg": "EdDSA"},
    "alg Ed448": {"alg": "Ed448"},
    "alg HS256": {"alg": "HS256"},
    "alg RS256": {"alg": "RS256"},
    "alg in another case": {"alg": "ED25519"},
    "alg that is a list": {"alg": ["Ed25519"]},
    "alg that is an object": {"alg": {"Ed25519": 1}},
    "no alg": {"alg": None},
    "no kid": {"kid": None},
    "another kid": {"kid": "another"},
    "an empty kid": {"kid": ""},
    "a kid that is a number": {"kid": 0},
    "a kid that is a list": {"kid": ["a"]},
    "a kid that is a path": {"kid": "../../dev/null"},
    "a critical extension": {"crit": ["exp"], "exp": 1},
    "an unencoded payload": {"crit": ["b64"], "b64": False},
    "a key set elsewhere": {"jku": "https://evil.invalid/keys", "kid": "another"},
}


@pytest.mark.parametrize("attack", HEADER_ATTACKS, ids=HEADER_ATTACKS)
def test_a_token_with_a_wrong_header_is_refused(
    attack: str, verifier: TokenVerifier, issuer_key: OKPKey, claims: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefused):
        verifier.verify(signed(issuer_key, claims, **HEADER_ATTACKS[attack]))


def test_a_token_without_a_signature_is_refused(
    verifier: TokenVerifier, issuer_key: OKPKey, claims: dict[str, Any]
) -> None:
    for alg in ("none", "Ed25519"):
        header, payload, _ = signed(issuer_key, claims, alg=alg).split(".")
        with pytest.raises(TokenRefused):
            verifier.verify(f"{header}.{payload}.")


def test_the_public_key_is_no_shared_secret(
    verifier: TokenVerifier, issuer_key: OKPKey, claims: dict[str, Any], key_file: Path
) -> None:
    header = b64(json.dumps({"alg": "HS256", "kid": issuer_key.kid}).encode())
    content = f"{header}.{b64(json.dumps(claims).encode())}"
    raw = base64.urlsafe_b64decode(str(issuer_key.as_dict(private=False)["x"]) + "=")
    for secret in (raw, issuer_key.as_pem(private=False), key_file.read_bytes()):
        signature = hmac.digest(secret, content.encode(), hashlib.sha256)
        with pytest.raises(TokenRefused):
            verifier.verify(f"{content}.{b64(signature)}")


def test_a_key_inside_the_token_is_not_trusted(
    verifier: TokenVerifier, issuer_key: OKPKey, claims: dict[str, Any]
) -> None:
    stranger = new_token_key()
    jwk = stranger.as_dict(private=False)
    for header in ({"jwk": jwk}, {"jwk": jwk, "kid": issuer_key.kid}, {"kid": issuer_key.kid}):
        with pytest.raises(TokenRefused):
            verifier.verify(signed(stranger, claims, **header))


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_changed_token_is_refused(
    part: int, verifier: TokenVerifier, issuer_key: OKPKey, claims: dict[str, Any]
) -> None:
    parts = signed(issuer_key, claims).split(".")
    other = signed(issuer_key, {**claims, "sub": "probation"}, typ="at+jwt").split(".")
    parts[part] = other[part]
    with pytest.raises(TokenRefused):
        verifier.verify(".".join(parts))


@given(
    st.text(max_size=200) | st.from_regex(r"[\w-]{1,30}\.[\w-]{0,30}\.[\w-]{0,30}", fullmatch=True)
)
def test_no_other_text_is_a_token(text: str) -> None:
    class NoKeys(TokenKeys):
        def find(self, kid: str) -> OKPKey | None:
            raise AssertionError(f"{kid} was found in random text")

    def clock() -> datetime:
        raise AssertionError("no claim of an unverified token may be looked at")

    verifier = TokenVerifier(NoKeys(Path()), issuer=ISSUER, audience=AUDIENCE, clock=clock)
    with pytest.raises(TokenRefused):
        verifier.verify(text)


def test_a_long_token_is_refused(
    verifier: TokenVerifier, issuer_key: OKPKey, claims: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefused):
        verifier.verify(signed(issuer_key, {**claims, "pad": "x" * 4096}))


def test_a_refusal_says_nothing_of_the_token(
    verifier: TokenVerifier, issuer_key: OKPKey, claims: dict[str, Any]
) -> None:
    with pytest.raises(TokenRefused) as refused:
        verifier.verify(signed(issuer_key, {**claims, "aud": "canary"}))
    assert str(refused.value) == ""
    assert refused.value.__suppress_context__


def test_a_replaced_key_file_counts_at_once(
    verifier: TokenVerifier, issuer_key: OKPKey, claims: dict[str, Any], key_file: Path
) -> None:
    assert verifier.verify(signed(issuer_key, claims)) == "womens-aid"
    successor = new_token_key()
    key_file.write_bytes(write_public_keys(successor))
    assert verifier.verify(signed(successor, claims)) == "womens-aid"
    with pytest.raises(TokenRefused):
        verifier.verify(signed(issuer_key, claims))


def test_without_a_key_file_no_token_is_accepted(
    verifier: TokenVerifier, issuer_key: OKPKey, claims: dict[str, Any], key_file: Path
) -> None:
    token = signed(issuer_key, claims)
    assert verifier.verify(token)
    content = key_file.read_bytes()
    key_file.unlink()
    with pytest.raises(TokenKeysUnreadable):
        verifier.verify(token)
    key_file.write_bytes(b"{}")
    with pytest.raises(TokenKeysUnreadable):
        verifier.verify(token)
    key_file.write_bytes(content)
    assert verifier.verify(token) == "womens-aid"


def jwks(*members: Any) -> bytes:
    return json.dumps({"keys": members}).encode()


def test_a_key_file_holds_public_ed25519_keys_each_with_its_own_kid() -> None:
    key = new_token_key()
    public = key.as_dict(private=False)
    assert list(read_public_keys(jwks(public))) == [key.kid]
    for refused in (
        jwks(key.as_dict(private=True)),
        jwks(public, public),
        jwks({name: value for name, value in public.items() if name != "kid"}),
        jwks(OKPKey.generate_key("X25519", private=False, auto_kid=True).as_dict()),
        jwks(ECKey.generate_key("P-256", private=False, auto_kid=True).as_dict()),
        jwks(RSAKey.generate_key(2048, private=False, auto_kid=True).as_dict()),
        jwks("key"),
        b"[]",
        b"",
        b"\xff",
        b"null",
    ):
        with pytest.raises(TokenKeysUnreadable):
            read_public_keys(refused)


@pytest.mark.parametrize("lifetime", [0, -1, 601])
def test_no_token_is_issued_that_would_not_be_accepted(
    lifetime: int, issuer_key: OKPKey, now: datetime
) -> None:
    with pytest.raises(ValueError, match="lives between"):
        issue_token(
            "womens-aid",
            issuer_key,
            issuer=ISSUER,
            audience=AUDIENCE,
            now=now + timedelta(),
            lifetime_seconds=lifetime,
        )
