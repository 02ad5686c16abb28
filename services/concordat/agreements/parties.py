"""Controllers, who sign, and agencies, who send and receive."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from concordat.agreements.day import london_day, rfc3339
from concordat_events.fields import AgencyId, Day, Instant

ControllerId = AgencyId
# 32 bytes in base64url; the last character has two bits to spare, so a key has one spelling.
PublicKey = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$")]


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
    x: PublicKey
    valid_from: Day
    valid_until: Day | None = None
    revoked_at: Instant | None = None

    def why_not(self, at: datetime) -> str | None:
        """None when a signature recorded at `at` may be by this key; else why not."""
        day = london_day(at)
        if self.revoked_at is not None and at >= self.revoked_at:
            return f"it was revoked at {rfc3339(self.revoked_at)}"
        if day < self.valid_from:
            return f"it counts only from {self.valid_from} on"
        if self.valid_until is not None and day > self.valid_until:
            return f"it counted until {self.valid_until}"
        return None

    def counts(self, at: datetime) -> bool:
        """Whether a signature recorded at `at` may be by this key."""
        return self.why_not(at) is None

    def continued_by(self, later: "SigningKey | None") -> bool:
        """Whether `later` is the same key, at most ended or revoked, never opened wider."""
        if later is None or (self.x, self.valid_from) != (later.x, later.valid_from):
            return False
        ended = self.valid_until is None or (
            later.valid_until is not None and later.valid_until <= self.valid_until
        )
        revoked = self.revoked_at is None or (
            later.revoked_at is not None and later.revoked_at <= self.revoked_at
        )
        return ended and revoked


class Controller(Document):
    """The legal body behind one or more agencies."""

    schema_: Annotated[Literal["concordat/controller/v1"], Field(alias="schema")]
    id: ControllerId
    name: str
    ico_number: str | None = None
    keys: list[SigningKey] = []

    @model_validator(mode="after")
    def _names_each_key_once(self) -> Self:
        # Under a second name a revoked key would sign again.
        for values in ([key.kid for key in self.keys], [key.x for key in self.keys]):
            if len(set(values)) != len(values):
                raise ValueError("each key stands once under 'keys', with a kid of its own")
        return self

    def key(self, kid: str) -> SigningKey | None:
        """The key of that name."""
        return next((key for key in self.keys if key.kid == kid), None)

    def continued_by(self, later: "Controller") -> bool:
        """Whether `later` keeps every key; it may add keys, end them and revoke them."""
        return all(key.continued_by(later.key(key.kid)) for key in self.keys)


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
