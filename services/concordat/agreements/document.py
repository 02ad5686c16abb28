"""The data-sharing agreement as a value: a closed language."""

import hashlib
from typing import Annotated, Any, Literal, Self

import rfc8785
from pydantic import BaseModel, BeforeValidator, Discriminator, Field, Tag, model_validator

from concordat.agreements.coarsening import Coarsening, name_of, parts_of
from concordat.agreements.parties import ControllerId, Document
from concordat_events.fields import AgencyId, Day

Slug = Annotated[str, Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=80)]
Sentence = Annotated[str, Field(min_length=3, max_length=1000)]
Path = Annotated[str, Field(pattern=r"^[a-z0-9_]+(\[\])?(\.[a-z0-9_]+(\[\])?)*$", max_length=200)]
Recipient = Annotated[str, Field(pattern=r"^@?[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
Item = Annotated[str, Field(pattern=r"^(@[a-z0-9-]+|[a-z0-9_]+(\[\])?(\.[a-z0-9_]+(\[\])?)*)$")]
# RFC 8785 signs numbers as IEEE 754 doubles: beyond these two integers would look alike.
Whole = Annotated[int, Field(ge=-(2**53) + 1, le=2**53 - 1)]
Scalar = bool | Whole | float | str
Number = Whole | float

TESTS = ("is_", "in_", "at_least", "less_than", "includes", "present")


HIGHEST_VERSION = 100_000


def _true(value: Any) -> Any:
    if value is not True:  # to Python, 1 equals True
        raise ValueError("can only be true")
    return value


class Effective(Document):
    """First and last London day, inclusive."""

    from_: Annotated[Day, Field(alias="from")]
    until: Day


class Dpia(Document):
    """The data protection impact assessment behind the agreement."""

    ref: str
    approved: Day


class Party(Document):
    """How an agency's controller acts; how long the exchange keeps its copies; onward sharing.

    `direct`: its deliveries are also written to its own topic, `inbox.<agency>`.
    """

    acts_as: Literal["controller", "joint-controller", "processor"]
    keep_days: Annotated[int, Field(ge=1, le=36_500)] | None = None
    onward: Literal["none", "ask", "allowed"] = "none"
    # What has left for Kafka cannot be called back, so a party must ask for it in the agreement.
    direct: bool = False


class Law(Document):
    """The power to share, and each side's lawful basis in this direction."""

    gateway: str
    publisher_basis: Annotated[list[str], Field(min_length=1)]
    recipient_basis: Annotated[list[str], Field(min_length=1)]


class Condition(Document):
    """One test of one field. There is no negation, clock or arithmetic."""

    field: Path
    is_: Annotated[Scalar | None, Field(alias="is")] = None
    in_: Annotated[list[Scalar] | None, Field(alias="in", min_length=1, max_length=200)] = None
    at_least: Number | None = None
    less_than: Number | None = None
    includes: Scalar | None = None
    present: Annotated[Literal[True], BeforeValidator(_true)] | None = None

    @property
    def test(self) -> tuple[str, Any]:
        """Name and operand of the one test."""
        return next((name, value) for name in TESTS if (value := getattr(self, name)) is not None)

    @model_validator(mode="after")
    def _one_test(self) -> Self:
        if sum(getattr(self, name) is not None for name in TESTS) != 1:
            raise ValueError(
                "needs exactly one of is, in, at_least, less_than, includes and present"
            )
        return self


class ByIdentifier(Document):
    """The member of a group whose registered identifier equals a field of the event."""

    group: Slug
    whose: Literal["urn", "ods", "gss"]
    is_: Annotated[Path, Field(alias="is")]


class Coarsened(Document):
    """Less than a field's whole value."""

    field: Path
    as_: Annotated[Coarsening, Field(alias="as", strict=False)]


def _form(value: Any) -> str:
    return "mapping" if isinstance(value, dict | BaseModel) else "text"


AnyRecipient = Annotated[
    Annotated[Recipient, Tag("text")] | Annotated[ByIdentifier, Tag("mapping")],
    Discriminator(_form),
]
AnyItem = Annotated[
    Annotated[Item, Tag("text")] | Annotated[Coarsened, Tag("mapping")], Discriminator(_form)
]
SealedItem = Annotated[
    Annotated[Path, Tag("text")] | Annotated[Coarsened, Tag("mapping")], Discriminator(_form)
]


class Share(Document):
    """One clause: from whom, to whom, which event, when, which fields, under which law, why.

    `requires` names agencies whose controllers must have signed too, although they are no end.
    """

    id: Slug
    from_: Annotated[list[AgencyId], Field(alias="from", min_length=1)]
    to: Annotated[list[AnyRecipient], Field(min_length=1)]
    event: str
    when: Annotated[list[Condition], Field(max_length=20)] = []
    send: list[AnyItem]
    sealed: list[SealedItem] = []
    reveals: list[Path] = []
    collect_within_hours: Annotated[int, Field(ge=1, le=8760)] | None = None
    law: Slug
    requires: list[AgencyId] = []
    because: Sentence


class Agreement(Document):
    """A whole agreement. What is signed is `canonical()`; what names it is `digest()`."""

    schema_: Annotated[Literal["concordat/agreement/v1"], Field(alias="schema")]
    id: Slug
    version: Annotated[int, Field(ge=1, le=HIGHEST_VERSION)]
    service_line: Slug
    title: Sentence
    purpose: Sentence
    effective: Effective
    review_by: Day
    dpia: Dpia
    operator: ControllerId
    parties: Annotated[dict[AgencyId, Party], Field(min_length=2)]
    groups: dict[Slug, Annotated[list[AgencyId], Field(min_length=1)]] = {}
    laws: Annotated[dict[Slug, Law], Field(min_length=1)]
    field_sets: dict[Slug, Annotated[list[Path], Field(min_length=1)]] = {}
    shares: Annotated[list[Share], Field(min_length=1, max_length=500)]
    never_send: list[Path] = []
    undertakings: dict[AgencyId, list[Sentence]] = {}

    def canonical(self) -> bytes:
        """RFC 8785 bytes of the content, without defaults: a default said aloud changes nothing."""
        return rfc8785.dumps(self.model_dump(mode="json", by_alias=True, exclude_defaults=True))

    def digest(self) -> str:
        """SHA-256 of `canonical()`, hex."""
        return hashlib.sha256(self.canonical()).hexdigest()

    def recipients(self, share: Share) -> tuple[str, ...]:
        """The agencies a share can reach, groups resolved, in order, each once."""
        return tuple(self.addressed(share))

    def addressed(self, share: Share) -> dict[str, tuple[ByIdentifier, ...]]:
        """Each agency a share can reach, and when: always (none), or when one of these picks it."""
        named: dict[str, tuple[ByIdentifier, ...]] = {}
        outright: set[str] = set()
        for item in share.to:
            if isinstance(item, ByIdentifier):
                for agency in self.groups.get(item.group, []):
                    named[agency] = (*named.get(agency, ()), item)
                continue
            members = self.groups.get(item[1:], []) if item.startswith("@") else [item]
            outright.update(members)
            named |= {agency: named.get(agency, ()) for agency in members}
        return {
            agency: () if agency in outright else addresses for agency, addresses in named.items()
        }

    def sent(self, share: Share) -> frozenset[str]:
        """What the share sends, by name: `send` with its sets resolved, and `sealed`.

        A name is a path, or "`path` as `coarsening`".
        """
        names: set[str] = set()
        for item in (*share.send, *share.sealed):
            if isinstance(item, Coarsened):
                names.add(name_of(item.field, item.as_))
            elif item.startswith("@"):
                names.update(self.field_sets.get(item[1:], []))
            else:
                names.add(item)
        return frozenset(name for name in names if parts_of(name)[0] not in self.never_send)
