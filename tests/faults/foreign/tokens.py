"""Tokens that prove nothing: each must be answered as if there were none."""

import base64
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from joserfc import jwt
from joserfc.jwk import OctKey, OKPKey

from concordat.inbox.token_keys import new_token_key
from concordat.inbox.tokens import ALGORITHM, issue_token
from concordat.runtime.clock import system_clock
from concordat.runtime.settings import Settings
from faults.rig import Rig

Headers = list[tuple[str, str]]


def bad_tokens(rig: Rig, agency: str) -> Iterator[tuple[str, Headers]]:
    """Ways of calling without proving to be `agency`: what each is called, and its headers."""
    key, good = rig.token_key, rig.token(agency)
    yield "none", []
    yield "not a token", bearer("not-a-token")
    yield "another scheme", [("Authorization", f"Basic {good}")]
    yield "two headers", bearer(good) + bearer(good)
    yield "in the query of a cookie", [("Cookie", f"token={good}")]
    yield "expired", bearer(_issued(rig, agency, ago=timedelta(minutes=11)))
    yield "from the future", bearer(_issued(rig, agency, ago=timedelta(minutes=-5)))
    yield "for another audience", bearer(_claims(key, agency, aud="another"))
    yield "of another issuer", bearer(_claims(key, agency, iss="https://other.invalid"))
    yield "living too long", bearer(_claims(key, agency, exp=_now() + 7200))
    yield "without an end", bearer(_claims(key, agency, exp=None))
    yield "of nobody", bearer(_claims(key, agency, sub=None))
    yield "signed by another key", bearer(_claims(_other_key(key), agency))
    yield "of an unknown key", bearer(_claims(new_token_key(), agency))
    yield "signed by nobody", bearer(_unsigned(rig, agency, "none"))
    yield "signed by nobody, as if by the key", bearer(_unsigned(rig, agency, ALGORITHM))
    yield "signed with the public key as a secret", bearer(_confused(rig, agency))
    yield "changed after signing", bearer(_changed(good, agency))


def bearer(token: str) -> Headers:
    """A token as it is sent."""
    return [("Authorization", f"Bearer {token}")]


def unknown_agency(rig: Rig) -> Headers:
    """A good token of an agency that the register does not know."""
    return bearer(rig.token("no-such-agency"))


def _now() -> int:
    return int(system_clock().timestamp())


def _issued(rig: Rig, agency: str, ago: timedelta) -> str:
    settings = Settings()
    issuer, audience = settings.token_issuer, settings.token_audience
    when = system_clock() - ago
    return issue_token(agency, rig.token_key, issuer=issuer, audience=audience, now=when)


def _content(agency: str, **changes: Any) -> dict[str, Any]:
    settings = Settings()
    content = {
        "iss": settings.token_issuer,
        "aud": settings.token_audience,
        "sub": agency,
        "iat": _now(),
        "exp": _now() + 300,
        **changes,
    }
    return {name: value for name, value in content.items() if value is not None}


def _claims(key: OKPKey, agency: str, **changes: Any) -> str:
    header = {"alg": ALGORITHM, "kid": str(key.kid)}
    return jwt.encode(header, _content(agency, **changes), key, algorithms=[ALGORITHM])


def _other_key(key: OKPKey) -> OKPKey:
    """Another key under the same name."""
    return OKPKey.generate_key("Ed25519", {"kid": str(key.kid)})


def _part(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def _unsigned(rig: Rig, agency: str, algorithm: str) -> str:
    header = {"alg": algorithm, "kid": str(rig.token_key.kid)}
    return f"{_part(header)}.{_part(_content(agency))}."


def _confused(rig: Rig, agency: str) -> str:
    public = str(rig.token_key.as_dict(private=False)["x"])
    header = {"alg": "HS256", "kid": str(rig.token_key.kid)}
    secret = OctKey.import_key(public)
    return jwt.encode(header, _content(agency), secret, algorithms=["HS256"])


def _changed(token: str, agency: str) -> str:
    """The claims of another agency under the signature of this one's."""
    header, claims, signature = token.split(".")
    content = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    return ".".join((header, _part({**content, "sub": f"{agency}-too"}), signature))
