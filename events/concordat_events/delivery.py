"""What a recipient gets: the permitted fields and why it may have them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from concordat_events.fields import SOURCE, AgencyId, CaseRef, Day, EventId, Instant


class Delivery(BaseModel):
    """One recipient's copy of an event, as a CloudEvent from `//concordat`.

    `data` holds the permitted fields that the publisher filled in, nothing else. `withheld` names
    the fields of the type's schema that this agreement does not send (comma-separated, computed
    from the schema and not from the event, so it says nothing about what was filled in).
    `collectby` is the instant by which the agreement wants the recipient to have read it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    source: Literal["//concordat"] = "//concordat"
    type: str
    subject: CaseRef
    time: Instant
    origin: Annotated[str, Field(pattern=SOURCE)]
    originid: EventId
    agreement: str
    agreementversion: int
    shares: str
    purpose: str
    gateway: str
    lawfulbasis: str
    onward: Literal["none", "ask", "allowed"]
    keepuntil: Day | None = None
    collectby: Instant | None = None
    withheld: str
    synthetic: bool | None = None
    data: dict[str, Any]


class InboxItem(BaseModel):
    """One numbered entry of an agency's inbox.

    `arrived` says why it comes later than its case's other items: it was held while the agreement
    was suspended (`released`), or an operator had its event decided again (`replayed`). What comes
    after the exchange's database was restored from a backup (`restored`) may have come before.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int
    acknowledged: bool
    arrived: Literal["released", "replayed", "restored"] | None = None
    delivery: Delivery


class StoppedItem(BaseModel):
    """A number whose item may no longer be read, and why; it holds no data.

    `moved_to` is the number under which the same delivery has come again.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int
    reason: str
    because: str
    moved_to: int | None = None


class InboxLinks(BaseModel):
    """Where to read on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    next: str


class InboxPage(BaseModel):
    """A page of an inbox, in order of `seq`; `cursor` continues after it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    agency: AgencyId
    items: list[InboxItem]
    stopped: list[StoppedItem]
    cursor: str
    links: InboxLinks
