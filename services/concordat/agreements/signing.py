"""Before an agreement is signed: whether this controller can, with this key, today."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from concordat.agreements.document import Agreement, Slug
from concordat.agreements.notice import Digest
from concordat.agreements.parties import ControllerId, Document
from concordat.agreements.register import Register


class SignatureFile(Document):
    """A signature made elsewhere, as a file in `contracts/signatures/` until it is registered."""

    schema_: Annotated[Literal["concordat/signature/v1"], Field(alias="schema")]
    agreement: Slug
    version: Annotated[int, Field(ge=1, le=100_000)]
    digest: Digest
    controller: ControllerId
    signature: Annotated[str, Field(max_length=1000)]


def still_to_sign(register: Register, agreement: Agreement) -> list[str]:
    """The controllers behind its parties that have not signed this version."""
    return sorted(
        controller
        for controller in register.signers_of(agreement)
        if (agreement.id, agreement.version, controller) not in register.signatures
    )


def why_cannot_sign(register: Register, agreement: Agreement, controller: str) -> str | None:
    """None when a signature by `controller` would have a meaning; else why not."""
    if controller not in register.controllers:
        return f"{controller} is not a registered controller"
    if controller not in register.signers_of(agreement):
        return f"{controller} is behind no party of {agreement.id}"
    known = register.agreements.get(agreement.id, {}).get(agreement.version)
    if known is not None and known.digest() != agreement.digest():
        return (
            f"version {agreement.version} of {agreement.id} is registered with other content; "
            "what changes is a new version"
        )
    return None


def why_key_cannot_sign(
    register: Register, controller: str, kid: str, x: str, at: datetime
) -> str | None:
    """None when the private key with this name and public half counts at `at`; else why not."""
    published = register.controllers[controller].key(kid)
    if published is None or published.x != x:
        return f"the key {kid} is not among the published keys of {controller}"
    why = published.why_not(at)
    return why and f"the key {kid} does not count: {why}"
