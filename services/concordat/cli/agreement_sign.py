"""`concordat agreements sign`: a controller signs one version of an agreement."""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from joserfc.jwk import OKPKey

from concordat.agreements.document import Agreement
from concordat.agreements.entries import Entry, agreement_entry, signature_entry
from concordat.agreements.register import Register
from concordat.agreements.signature import sign as make_signature
from concordat.agreements.signing import (
    SignatureFile,
    still_to_sign,
    why_cannot_sign,
    why_key_cannot_sign,
)
from concordat.cli.agreement_file import in_order, read_file
from concordat.cli.console import NEGATIVE, UNAVAILABLE, USAGE, fail, put, put_json, say
from concordat.cli.signing_key import ControllerOption, KeyOption, private_key_of, public_half
from concordat.cli.target import JsonOption, StateOption, Target, find_target
from concordat.cli.topics import ContractsOption
from concordat.kafka.register_log import RegisterLog, RegisterRecord
from concordat.runtime.clock import system_clock
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import Parties, load_parties
from concordat.stack.publication import plan_publication


def sign(
    file: Annotated[Path, typer.Argument(help="The agreement as YAML.")],
    controller: ControllerOption,
    key: KeyOption = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Write the signature to this file; register nothing."),
    ] = None,
    contracts: ContractsOption = CONTRACTS,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Check FILE, sign it, and append agreement and signature to the register.

    With --out the signature becomes a file for contracts/signatures/, which `register publish`
    appends. A key that is not published, not valid today or revoked does not sign.
    """
    parties = load_parties(contracts)
    agreement = _read(file, parties)
    target, now = find_target(state), system_clock()
    register = _register(target, parties, now, detached=out is not None)
    if why := why_cannot_sign(register, agreement, controller):
        fail(why, NEGATIVE)
    if (agreement.id, agreement.version, controller) in register.signatures:
        _tell(_Signed(agreement, controller, None, register), json=json)
        return
    private = private_key_of(target, controller, key)
    signed, signature = _sign(register, agreement, controller, private, now)
    if out is not None:
        _write_file(out, signed, signature)
    else:
        entries = [agreement_entry(agreement), _entry(agreement, controller, signature)]
        records = [RegisterRecord(*entry) for entry in entries]
        asyncio.run(RegisterLog(target.kafka, target.topics).append(records))
    _tell(signed, json=json, out=out)


@dataclass(frozen=True, slots=True)
class _Signed:
    """What was signed; `register` holds the signature, `kid` is None when it did before."""

    agreement: Agreement
    controller: str
    kid: str | None
    register: Register

    def as_json(self) -> dict[str, Any]:
        return {
            "agreement": self.agreement.id,
            "version": self.agreement.version,
            "digest": self.agreement.digest(),
            "controller": self.controller,
            "kid": self.kid,
            "still_to_sign": still_to_sign(self.register, self.agreement),
        }


def _read(file: Path, parties: Parties) -> Agreement:
    reading = read_file(file, parties)
    if reading.document is None:
        for fault in in_order(reading.faults):
            put(str(fault))
        fail(f"{file} has {len(reading.faults)} faults and is not signed", NEGATIVE)
    return reading.document


def _register(target: Target, parties: Parties, now: datetime, *, detached: bool) -> Register:
    """The running stack's register; for a signature in a file, what the folder would make of it."""
    if not detached:
        if target.stack is None and target.addresses.kafka is None:
            fail("no stack runs to register it; write the signature with --out", UNAVAILABLE)
        return asyncio.run(RegisterLog(target.kafka, target.topics).read())
    register = Register()
    for record in plan_publication(parties.without_agreements(), register, now).records:
        register.apply(record.key, record.value, offset=register.next_offset, recorded_at=now)
    return register


def _sign(
    register: Register, agreement: Agreement, controller: str, private: OKPKey, now: datetime
) -> tuple[_Signed, str]:
    kid = str(private.kid)
    if why := why_key_cannot_sign(register, controller, kid, public_half(private), now):
        fail(why, NEGATIVE)
    signature = make_signature(agreement.canonical(), private)
    trial = replace(register)
    for key, value in (agreement_entry(agreement), _entry(agreement, controller, signature)):
        taken = trial.apply(key, value, offset=trial.next_offset, recorded_at=now)
        if not taken and key not in trial.admitted:
            fail(f"{key}: {trial.refused[-1].why}", NEGATIVE)
    return _Signed(agreement, controller, kid, trial), signature


def _entry(agreement: Agreement, controller: str, signature: str) -> Entry:
    return signature_entry(agreement.id, agreement.version, controller, signature)


def _write_file(out: Path, signed: _Signed, signature: str) -> None:
    content = {
        "schema": "concordat/signature/v1",
        "agreement": signed.agreement.id,
        "version": signed.agreement.version,
        "digest": signed.agreement.digest(),
        "controller": signed.controller,
        "signature": signature,
    }
    text = SignatureFile.model_validate(content).model_dump_json(indent=2)
    try:
        out.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        fail(f"{out} cannot be written ({type(error).__name__})", USAGE)


def _tell(signed: _Signed, *, json: bool, out: Path | None = None) -> None:
    told = signed.as_json()
    if json:
        put_json({**told, "file": str(out) if out else None})
    else:
        put(f"{told['agreement']} version {told['version']}, digest {told['digest']}")
        by = f"with {signed.kid}" if signed.kid else "before; nothing was done"
        put(f"signed by {signed.controller} {by}")
        put(f"still to sign: {', '.join(told['still_to_sign']) or 'nobody'}")
    if out:
        say(f"the signature is in {out}; `concordat register publish` appends it")
