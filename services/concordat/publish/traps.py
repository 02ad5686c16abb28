"""Situations in which careless sharing does harm, and what must reach nobody in them.

Each is drawn from reprimands that UK bodies received or from the never-send list of the field.
About one synthetic incident in five has one. `TRAPS` says, per trap, which field must not reach
which agency; `concordat.publish.bans` finds the values in a run.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from concordat.publish.draw import Draw


class Trap(StrEnum):
    """Why this incident needs care."""

    OLD_SHARED_ADDRESS = "old-shared-address"
    NEW_PARTNER = "new-partner"
    EMPLOYED_BY_AN_AGENCY = "employed-by-an-agency"
    REFUGE = "refuge"
    NAMESAKES = "namesakes"


DENIED = "(denied)"


@dataclass(frozen=True, slots=True)
class TrapRule:
    """One line of a trap: the value at `path` must not reach `agency` (None: anybody).

    `DENIED` stands for the agencies in the event's `withholdfrom`; an empty path is the event.
    `of_the_other` means the value at `path` of the *other* incidents that share this trap's
    person: it must not appear on this one's case.
    """

    path: str
    agency: str | None = None
    of_the_other: bool = False


_ADDRESS = ("victim.address.line", "victim.address.postcode", "victim.address.uprn")
_VICTIM = ("victim.ref", "victim.name", "victim.nhs_number")
_SAFE_CONTACT = ("safe_contact.method", "safe_contact.window")
_SUSPECT = ("alleged_perpetrator.name", "alleged_perpetrator.dob", "alleged_perpetrator.warnings")

TRAPS: Mapping[Trap, tuple[TrapRule, ...]] = MappingProxyType(
    {
        # Letters about the victim were posted to the home the two had shared.
        Trap.OLD_SHARED_ADDRESS: (
            *(TrapRule(path) for path in (*_ADDRESS, "alleged_perpetrator.address.line")),
            *(TrapRule(path, "probation") for path in (*_VICTIM, *_SAFE_CONTACT)),
            TrapRule("narrative"),
        ),
        # One perpetrator, two partners: neither's file may tell of the other.
        Trap.NEW_PARTNER: (
            *(TrapRule(path, of_the_other=True) for path in (*_VICTIM, *_ADDRESS[:1])),
            *(TrapRule(path, "womens-aid") for path in _SUSPECT),
            TrapRule("narrative"),
        ),
        # The publisher names the employer in `withholdfrom`: nothing at all may reach it.
        Trap.EMPLOYED_BY_AN_AGENCY: (TrapRule("", DENIED), TrapRule("narrative")),
        # Where the refuge is, and that there is one.
        Trap.REFUGE: (
            *(TrapRule(path) for path in ("victim.address.kind", *_ADDRESS)),
            *(TrapRule(path, "probation") for path in (*_VICTIM, *_SAFE_CONTACT)),
            TrapRule("narrative"),
        ),
        # Two people with one name and one birth date must stay two people.
        Trap.NAMESAKES: tuple(
            TrapRule(path, of_the_other=True)
            for path in ("victim.ref", "victim.nhs_number", "victim.address.line")
        ),
    }
)

_PERCENT_A_TRAP = 4


def trap_in(incident_id: str) -> Trap | None:
    """Return the trap of the incident with this event id, if it has one."""
    kinds = tuple(Trap)
    number = Draw(incident_id).number("trap", 100) // _PERCENT_A_TRAP
    return kinds[number] if number < len(kinds) else None
