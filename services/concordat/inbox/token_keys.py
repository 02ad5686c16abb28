"""The public keys that bearer tokens are verified with: a JWKS file, reread when it changes."""

import json
from collections.abc import Mapping
from pathlib import Path

from joserfc.errors import JoseError
from joserfc.jwk import KeyParameters, OKPKey

_NOT_PUBLIC = "the file of token keys is not a JWKS of public Ed25519 keys, each with its own kid"


class TokenKeysUnreadable(OSError):
    """There is no usable key file: no token can be verified, so none is accepted."""


class TokenKeys:
    """The keys of a JWKS file by `kid`; a change of the file counts from the next request on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stamp: tuple[int, int, int] | None = None
        self._keys: Mapping[str, OKPKey] = {}

    def find(self, kid: str) -> OKPKey | None:
        """Return the key named `kid`, or None; raises `TokenKeysUnreadable`."""
        try:
            status = self._path.stat()
            stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
            if stamp != self._stamp:
                self._keys = read_public_keys(self._path.read_bytes())
                self._stamp = stamp
        except OSError as error:
            self._stamp = None
            raise TokenKeysUnreadable(type(error).__name__) from None
        return self._keys.get(kid)


def read_public_keys(document: bytes) -> dict[str, OKPKey]:
    """Return the keys of a JWKS by `kid`; raises `TokenKeysUnreadable` if one may not stand there.

    A private key in the public file is refused: it would be one copy too many.
    """
    keys: dict[str, OKPKey] = {}
    try:
        for member in json.loads(document)["keys"]:
            key = OKPKey.import_key(member)
            if key.curve_name != "Ed25519" or key.is_private or not key.kid or key.kid in keys:
                raise TokenKeysUnreadable(_NOT_PUBLIC)
            keys[key.kid] = key
    except (ValueError, KeyError, TypeError, AttributeError, JoseError):
        raise TokenKeysUnreadable(_NOT_PUBLIC) from None
    return keys


def new_token_key() -> OKPKey:
    """Return a new private signing key; its `kid` is its RFC 7638 thumbprint."""
    parameters: KeyParameters = {"use": "sig", "alg": "Ed25519"}
    return OKPKey.generate_key("Ed25519", parameters, auto_kid=True)


def write_public_keys(*keys: OKPKey) -> bytes:
    """Return the JWKS document with the public halves of `keys`."""
    members = [key.as_dict(private=False) for key in keys]
    return json.dumps({"keys": members}, sort_keys=True, indent=2).encode() + b"\n"
