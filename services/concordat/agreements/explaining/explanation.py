"""What was considered for one event, agency by agency: names, tests and verdicts, no values."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from concordat.agreements.reason import Reason


class Verdict(StrEnum):
    """What became of one test of one field."""

    HOLDS = "holds"
    DOES_NOT_HOLD = "does not hold"
    FIELD_UNKNOWN = "field is unknown"


@dataclass(frozen=True, slots=True)
class Identifier:
    """A recipient as the member of `group` whose registered `whose` equals `field`."""

    group: str
    whose: str
    field: str


@dataclass(frozen=True, slots=True)
class AddressConsidered:
    """Whether the event picks the agency by one of these identifiers."""

    identifiers: tuple[Identifier, ...]
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ConditionConsidered:
    """One condition: the `test` of `field` against `operand`, as the agreement states it."""

    field: str
    test: str
    operand: Any
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class ShareConsidered:
    """One share for one agency.

    `reason` and `field` say what failed first: a third party's word, the address or a condition;
    without a reason everything holds. `sends` names what the share sends then.
    """

    share: str
    law: str
    sends: tuple[str, ...]
    address: AddressConsidered | None
    conditions: tuple[ConditionConsidered, ...]
    reason: Reason | None = None
    because: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class AgreementConsidered:
    """One agreement that names the agency in some version.

    `version` is the one that counts. `reason` says why it is not in force between the two; its
    shares are listed all the same, and send nothing.
    """

    agreement: str
    version: int | None
    reason: Reason | None
    because: str | None
    shares: tuple[ShareConsidered, ...]


@dataclass(frozen=True, slots=True)
class DeliveryExplained:
    """One delivery that results: under what, and which fields.

    `withheld` are the type's fields that are not sent. Those in `sealed` are among them, and the
    recipient is not even told their names.
    """

    agreement: str
    version: int
    law: str
    shares: tuple[str, ...]
    fields: tuple[str, ...]
    withheld: tuple[str, ...]
    sealed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CandidateExplained:
    """One agency: its deliveries or, when there is none, the nearest reason and where it lies."""

    agency: str
    outcome: Literal["shared", "withheld"]
    deliveries: tuple[DeliveryExplained, ...]
    agreements: tuple[AgreementConsidered, ...]
    reason: Reason | None = None
    because: str | None = None
    agreement: str | None = None
    version: int | None = None
    share: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """The decision at one instant under one state of the register, and everything it rests on."""

    type: str
    publisher: str
    at: datetime
    register_offset: int
    candidates: tuple[CandidateExplained, ...]
