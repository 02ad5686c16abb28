"""`concordat keys …`: a controller's signing keys."""

import json as jsonlib
import os
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from joserfc.jwk import OKPKey
from pydantic import ValidationError

from concordat.agreements.checking.reading import read_controller
from concordat.agreements.day import london_day
from concordat.agreements.key_text import NoPlaceForKey, add_key, key_text, next_kid
from concordat.agreements.parties import Controller, SigningKey
from concordat.cli.console import NEGATIVE, USAGE, fail, put, put_json, say
from concordat.cli.target import JsonOption
from concordat.cli.topics import ContractsOption
from concordat.runtime.clock import system_clock
from concordat.runtime.settings import CONTRACTS
from concordat.stack.atomic_file import replace_file

app = typer.Typer(no_args_is_help=True, help="Keys that controllers sign agreements with.")


@app.callback()
def _group() -> None:
    """Keep the subcommand's name although there is only one."""


@app.command()
def new(
    controller: Annotated[str, typer.Argument(help="The controller whose key it is.")],
    out: Annotated[Path, typer.Option("--out", help="Where the private key goes; a new file.")],
    valid_from: Annotated[
        str | None, typer.Option("--valid-from", help="First day, YYYY-MM-DD; today.")
    ] = None,
    valid_until: Annotated[
        str | None, typer.Option("--valid-until", help="Last day, YYYY-MM-DD; none.")
    ] = None,
    print_: Annotated[
        bool, typer.Option("--print", help="Print the public key, change no controller's file.")
    ] = False,
    contracts: ContractsOption = CONTRACTS,
    json: JsonOption = False,
) -> None:
    """Make an Ed25519 key; the public half goes into contracts/controllers/CONTROLLER.yaml.

    The private half is written to --out, readable by its owner only, and nowhere else.
    """
    file = contracts / "controllers" / f"{controller}.yaml"
    text, known = _read(file, controller)
    first = valid_from or london_day(system_clock()).isoformat()
    private, public = _make(known, first, valid_until)
    changed = None if print_ else _with_key(text, public, known, file)
    _write_private(out, private)
    if changed is not None:
        replace_file(file, changed)
    if json:
        put_json(
            {
                "controller": controller,
                "kid": public.kid,
                "private_key": str(out),
                "public_key": public.model_dump(mode="json", exclude_none=True),
            }
        )
    elif print_:
        put(key_text(public).rstrip("\n"))
    say(f"the private key {public.kid} is in {out}: keep it, there is no other copy")
    say(f"add it to {file}" if print_ else f"its public half is in {file}")


def _read(file: Path, controller: str) -> tuple[str, Controller]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read ({type(error).__name__})", USAGE)
    reading = read_controller(text, name=str(file))
    if reading.document is None:
        fail("\n".join(str(fault) for fault in reading.faults), NEGATIVE)
    if reading.document.id != controller:
        fail(f"{file} is another controller's", USAGE)
    return text, reading.document


def _make(known: Controller, first: str, last: str | None) -> tuple[OKPKey, SigningKey]:
    try:
        starts = date.fromisoformat(first)
        ends = date.fromisoformat(last) if last else None
    except ValueError:
        fail("--valid-from and --valid-until are days, written YYYY-MM-DD", USAGE)
    if ends is not None and ends < starts:
        fail("the key would end before it starts", USAGE)
    kid = next_kid(known.id, starts.year, [key.kid for key in known.keys])
    private = OKPKey.generate_key("Ed25519", {"kid": kid})
    x = str(private.as_dict(private=False)["x"])
    try:
        return private, SigningKey(kid=kid, x=x, valid_from=starts, valid_until=ends)
    except ValidationError:
        fail(f"{kid} is too long for the name of a key", USAGE)


def _with_key(text: str, public: SigningKey, known: Controller, file: Path) -> str:
    """The file's text with the key, and proof that it says what it said and the key."""
    try:
        changed = add_key(text, public)
    except NoPlaceForKey as error:
        fail(f"{file}: {error}; or use --print and add it by hand", NEGATIVE)
    wanted = known.model_copy(update={"keys": [*known.keys, public]})
    if read_controller(changed, name=str(file)).document != wanted:
        fail(f"{file}: no place for a key was found; use --print and add it by hand", NEGATIVE)
    return changed


def _write_private(out: Path, key: OKPKey) -> None:
    """Write a file that was not there, for its owner's eyes only."""
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        fail(f"{out} exists and is not overwritten: it may be somebody's only copy", USAGE)
    except OSError as error:
        fail(f"{out} cannot be written ({type(error).__name__})", USAGE)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(jsonlib.dumps(key.as_dict(private=True), indent=2) + "\n")
        file.flush()
        os.fsync(file.fileno())
