"""Keys that only a development stack has: each controller's, and the token issuer's.

In production a controller keeps its own private key and only the public half is in `contracts/`.
"""

import json
from datetime import date
from pathlib import Path

from joserfc.jwk import OKPKey

from concordat.agreements.parties import SigningKey
from concordat.stack.atomic_file import replace_file
from concordat.stack.state_directory import StateDirectory

# A development key has no history to defend: it counts on every day a demo agreement can have.
VALID_FROM = date(2020, 1, 1)


class DevelopmentKeys:
    """Ed25519 keys in the state directory's `keys/`, made on first use, the same over restarts."""

    def __init__(self, state: StateDirectory) -> None:
        self._folder = state.path / "keys"

    def controller(self, controller: str) -> OKPKey:
        """The private key of a demo controller."""
        return self._key(f"controller-{controller}", f"{controller}-development")

    def token_issuer(self) -> OKPKey:
        """The private key that signs development tokens."""
        return self._key("token-issuer", "development")

    def publish_token_keys(self) -> Path:
        """Write the issuer's public key as a JWKS file for the API; return its path."""
        path = self._folder / "token-keys.json"
        public = self.token_issuer().as_dict(private=False)
        replace_file(path, json.dumps({"keys": [public]}, indent=2) + "\n")
        return path

    def _key(self, name: str, kid: str) -> OKPKey:
        path = self._folder / f"{name}.json"
        if not path.exists():
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            key = OKPKey.generate_key("Ed25519", {"kid": kid})
            replace_file(path, json.dumps(key.as_dict(private=True)), mode=0o600)
        return OKPKey.import_key(json.loads(path.read_text(encoding="utf-8")))


def public_key(key: OKPKey) -> SigningKey:
    """Return the public half as it stands in the register."""
    return SigningKey(
        kid=str(key.kid), x=str(key.as_dict(private=False)["x"]), valid_from=VALID_FROM
    )
