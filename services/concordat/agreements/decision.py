"""What was decided for one event: grants and withholdings, as values."""

from dataclasses import dataclass, field

import msgspec

from concordat.agreements.reason import Reason
from concordat.agreements.view import View


class Withheld(msgspec.Struct, frozen=True, omit_defaults=True):
    """Why a candidate gets nothing, with the share and field that came nearest to sharing."""

    agency: str
    reason: Reason
    agreement: str | None = None
    version: int | None = None
    share: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """One delivery that is permitted: to whom, under what, and the view it is limited to.

    `purpose`, `gateway`, `lawful_basis` (the recipient's), `onward` and `withheld` (names of the
    type's fields outside the view, sealed ones left out) go with every delivery.
    """

    agency: str
    agreement: str
    version: int
    digest: str
    law: str
    shares: tuple[str, ...]
    view: View
    purpose: str
    gateway: str
    lawful_basis: str
    onward: str
    keep_days: int | None
    collect_within_hours: int | None
    withheld: str


@dataclass(frozen=True, slots=True)
class Decision:
    """For one event: every candidate is in `grants` (once or more) or, once, in `withheld`."""

    grants: list[Grant] = field(default_factory=list)
    withheld: list[Withheld] = field(default_factory=list)
