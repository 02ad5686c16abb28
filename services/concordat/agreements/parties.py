"""Controllers, who sign, and agencies, who send and receive."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from concordat.agreements.day import london_day
from concordat_events.fields import AgencyId, Day, Instant

ControllerId = AgencyId


class Document(BaseModel):
    """Base of everything that stands in the register: closed, immutable, strict."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, serialize_by_alias=True
    )


class SigningKey(Document):
    """A public Ed25519 key (RFC 8037 JWK) and the London days on which its signatures count.

    A revoked key signs nothing any more, from that moment on; what it signed before stands.
    """

    kty: Literal["OKP"] = "OKP"
    crv: Literal["Ed25519"] = "Ed25519"
    kid: Annotated[str, Field(min_length=1, max_length=100)]
    x: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
    valid_from: Day
    valid_until: Day | None = None
    revoked_at: Instant | None = None

    def counts(self, at: datetime) -> bool:
        """Whether a signature recorded at `at` may be by this key."""
        if self.revoked_at is not None and at >= self.revoked_at:
            return False
        day = london_day(at)
        return self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


class Controller(Document):
    """The legal body behind one or more agencies."""

    schema_: Annotated[Literal["concordat/controller/v1"], Field(alias="schema")]
    id: ControllerId
    name: str
    ico_number: str | None = None
    keys: list[SigningKey] = []


class Identifiers(Document):
    """What an agency is registered as elsewhere."""

    urn: str | None = None
    ods: str | None = None
    gss: str | None = None


class Agency(Document):
    """A sender or receiver: an organisation, or one desk of it that must be kept apart."""

    schema_: Annotated[Literal["concordat/agency/v1"], Field(alias="schema")]
    id: AgencyId
    name: str
    controller: ControllerId
    identifiers: Identifiers | None = None
