"""What a recipient gets: the permitted fields and why it may have them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from concordat_events.fields import SOURCE, AgencyId, CaseRef, Day, EventId, Instant


class Delivery(BaseModel):
    """One recipient's copy of an event, as a CloudEvent from `//concordat`.

    `data` holds the permitted fields that the publisher filled in, nothing else. `withheld` names
    the fields of the type's schema that this agreement does not send (comma-separated, computed
    from the schema and not from the event, so it says nothing about what was filled in).
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
    withheld: str
    synthetic: bool | None = None
    data: dict[str, Any]


class InboxItem(BaseModel):
    """One numbered entry of an agency's inbox."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int
    acknowledged: bool
    delivery: Delivery


class StoppedItem(BaseModel):
    """A number whose item may no longer be read, and why; it holds no data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seq: int
    reason: str
    because: str


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
