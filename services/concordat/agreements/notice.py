"""A controller's word that stops its own pairs of an agreement."""

import hashlib
from typing import Annotated, Literal

import rfc8785
from pydantic import Field

from concordat.agreements.document import Slug
from concordat.agreements.parties import ControllerId, Document
from concordat_events.fields import Instant


class Notice(Document):
    """Signed like an agreement; stops `version` and every lower one for `controller`'s pairs."""

    schema_: Annotated[Literal["concordat/notice/v1"], Field(alias="schema")]
    agreement: Slug
    version: Annotated[int, Field(ge=1, le=100_000)]
    action: Literal["suspend", "withdraw"]
    controller: ControllerId
    at: Instant
    reason: str

    def canonical(self) -> bytes:
        """RFC 8785 bytes of the content: what is signed."""
        return rfc8785.dumps(self.model_dump(mode="json", by_alias=True))

    def digest(self) -> str:
        """SHA-256 of `canonical()`, hex: the last part of the record's key."""
        return hashlib.sha256(self.canonical()).hexdigest()
