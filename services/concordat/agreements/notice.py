"""A controller's word that stops its own pairs of an agreement, or lets them go on."""

import hashlib
from functools import lru_cache
from typing import Annotated, Literal, Self

import rfc8785
from pydantic import Field, model_validator

from concordat.agreements.document import HIGHEST_VERSION, Slug
from concordat.agreements.parties import ControllerId, Document
from concordat_events.fields import AgencyId, Instant

Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
# One line of plain text: it is shown on the terminals of others.
Because = Annotated[str, Field(min_length=3, max_length=1000, pattern=r"^[^\x00-\x1f\x7f-\x9f]+$")]


class Pair(Document):
    """One direction between two agencies."""

    publisher: AgencyId
    recipient: AgencyId


class Notice(Document):
    """Signed like an agreement.

    `suspend` and `withdraw` stop `version` and every lower one, for `pairs`, or for every pair with
    an agency of `controller` where none is named. `resume` names the suspension it ends by its
    digest: it counts for that one alone, and only once both controllers of a pair have said it.
    """

    schema_: Annotated[Literal["concordat/notice/v1"], Field(alias="schema")]
    agreement: Slug
    version: Annotated[int, Field(ge=1, le=HIGHEST_VERSION)]
    action: Literal["suspend", "withdraw", "resume"]
    controller: ControllerId
    at: Instant
    reason: Because
    pairs: Annotated[tuple[Pair, ...], Field(strict=False)] = ()
    resumes: Digest | None = None

    @model_validator(mode="after")
    def _names_what_it_resumes(self) -> Self:
        if (self.action == "resume") != (self.resumes is not None):
            raise ValueError("names the suspension it ends under 'resumes', and only then")
        return self

    def concerns(self, publisher: str, recipient: str) -> bool:
        """Whether the pair is among those named, or none is."""
        return not self.pairs or any(
            (pair.publisher, pair.recipient) == (publisher, recipient) for pair in self.pairs
        )

    def canonical(self) -> bytes:
        """RFC 8785 bytes of the content without its defaults: what is signed."""
        return rfc8785.dumps(self.model_dump(mode="json", by_alias=True, exclude_defaults=True))

    def digest(self) -> str:
        """SHA-256 of `canonical()`, hex: the last part of the record's key."""
        return _digest(self)


@lru_cache(maxsize=65_536)  # a register asks for the same digests again and again
def _digest(notice: Notice) -> str:
    return hashlib.sha256(notice.canonical()).hexdigest()
