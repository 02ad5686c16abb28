"""The private key that a command signs with: a file's, or a development stack's."""

import json
from pathlib import Path
from typing import Annotated

import typer
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey

from concordat.cli.console import USAGE, fail
from concordat.cli.target import Target
from concordat.stack.development_keys import DevelopmentKeys

ControllerOption = Annotated[str, typer.Option("--controller", help="Who signs.")]
KeyOption = Annotated[
    Path | None,
    typer.Option("--key", help="The private key as JWK; a development stack has its own."),
]


def private_key_of(target: Target, controller: str, file: Path | None) -> OKPKey:
    """Return the key in `file`, else the development stack's for `controller`; or end the command.

    It is not said what is in a file that is no key.
    """
    if file is not None:
        return _read(file)
    if target.state is None:
        fail("say with --key which private key to sign with", USAGE)
    return DevelopmentKeys(target.state).controller(controller)


def public_half(key: OKPKey) -> str:
    """The `x` of the key's JWK."""
    return str(key.as_dict(private=False)["x"])


def _read(file: Path) -> OKPKey:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read ({type(error).__name__})", USAGE)
    try:
        key = OKPKey.import_key(json.loads(text))
    except (ValueError, KeyError, TypeError, AttributeError, JoseError):
        fail(f"{file} holds no JWK of an Ed25519 key", USAGE)
    if key.curve_name != "Ed25519" or not key.is_private or not key.kid:
        fail(f"{file} holds no private Ed25519 key with a kid", USAGE)
    return key
