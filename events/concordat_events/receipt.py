"""What became of an event, told to its publisher."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from concordat_events.faults import FaultCode
from concordat_events.fields import EventId

RECEIPT_TYPE: Literal["concordat.event-refused.v1"] = "concordat.event-refused.v1"


class ReceiptFault(BaseModel):
    """One reason, without any of the data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: FaultCode
    path: str
    message: str


class Refusal(BaseModel):
    """Which record was refused (its place in the outbox; its id when that is well-formed)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    topic: str
    partition: int
    offset: int
    event_id: EventId | None = None
    faults: list[ReceiptFault]


class Receipt(BaseModel):
    """A CloudEvent on `receipts.<agency>`; its id is made from the record's place in the outbox."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    specversion: Literal["1.0"] = "1.0"
    id: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    source: Literal["//concordat"] = "//concordat"
    type: Literal["concordat.event-refused.v1"] = RECEIPT_TYPE
    data: Refusal
