"""Sets a trap: changes an invented incident into one that needs care."""

from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import TypeVar

from concordat.publish.draw import Draw
from concordat.publish.invented_people import Person, adult, children, nhs_number, surname
from concordat.publish.invented_places import address
from concordat.publish.traps import Trap
from concordat_events.fields import Data
from concordat_events.lines.domestic_abuse import (
    Address,
    AllegedPerpetrator,
    IncidentRecorded,
    SafeContact,
)

# Agencies that employ people and could be told of an incident.
EMPLOYERS = ("adult-social-care", "childrens-social-care", "probation", "worcestershire-health")
_PEOPLE_SHARED = 5
_BORN_BEFORE = date(2025, 1, 1)

Model = TypeVar("Model", bound=Data)


def set_trap(
    trap: Trap, incident: IncidentRecorded, draw: Draw
) -> tuple[IncidentRecorded, str | None]:
    """Return the incident with the trap in it, and the agencies it is to be withheld from."""
    if trap is Trap.EMPLOYED_BY_AN_AGENCY:
        employer = draw.pick("employer", EMPLOYERS)
        return _employed(incident, draw, employer), employer
    return _SETTERS[trap](incident, draw), None


def _old_shared_address(incident: IncidentRecorded, draw: Draw) -> IncidentRecorded:
    old, new = incident.victim.address or Address(), _elsewhere(incident, draw, "new")
    return _copy(
        incident,
        victim=_copy(incident.victim, address=new),
        alleged_perpetrator=_suspect(
            incident, supervised=True, address=_copy(old, kind="former_shared")
        ),
        separated=True,
        relationship="ex-partner",
        safe_contact=SafeContact(method="call at work", window="weekdays 10:00 to 12:00"),
        narrative=f"{incident.narrative} She now lives at {new.line}, {new.postcode}."
        f" Do not write to {old.line}.",
    )


def _new_partner(incident: IncidentRecorded, draw: Draw) -> IncidentRecorded:
    person = _one_of_few("repeat perpetrator", draw)
    former = adult(draw.part("former partner"), _BORN_BEFORE)
    suspect = _suspect(
        incident, ref=person.ref, name=person.name, dob=person.born, warnings=["violence"]
    )
    return _copy(
        incident,
        alleged_perpetrator=suspect,
        relationship="partner",
        separated=False,
        narrative=f"{incident.narrative} {person.name} is known from reports by a former partner,"
        f" {former.name}, who must not learn of this.",
    )


def _employed(incident: IncidentRecorded, draw: Draw, employer: str) -> IncidentRecorded:
    """Give the employer every reason to be told, but for `withholdfrom`."""
    family = incident.children or children(
        draw.part("family"), incident.occurred_at.date(), 1, surname(draw)
    )
    return _copy(
        incident,
        grade="high",
        ticks=16,
        victim=_copy(incident.victim, care_needs=True),
        alleged_perpetrator=_suspect(incident, supervised=True, care_needs=True),
        children=family,
        child_count=len(family),
        pregnant=True,
        narrative=f"{incident.narrative} The alleged perpetrator works for {employer}.",
    )


def _refuge(incident: IncidentRecorded, draw: Draw) -> IncidentRecorded:
    place = _elsewhere(incident, draw, "refuge")
    refuge = _copy(place, line=f"{surname(draw.part('refuge'))} House, {place.line}")
    return _copy(
        incident,
        grade="high",
        ticks=18,
        victim=_copy(incident.victim, address=refuge),
        alleged_perpetrator=_suspect(incident, supervised=True),
        separated=True,
        consent="given",
        safe_contact=SafeContact(method="through the key worker", window="any day 14:00 to 16:00"),
        narrative=f"{incident.narrative} Taken to {refuge.line}, {refuge.postcode}.",
    )


def _namesakes(incident: IncidentRecorded, draw: Draw) -> IncidentRecorded:
    person = _one_of_few("namesake", draw)
    victim = _copy(incident.victim, name=person.name, dob=person.born, nhs_number=nhs_number(draw))
    return _copy(incident, victim=victim)


_SETTERS: Mapping[Trap, Callable[[IncidentRecorded, Draw], IncidentRecorded]] = MappingProxyType(
    {
        Trap.OLD_SHARED_ADDRESS: _old_shared_address,
        Trap.NEW_PARTNER: _new_partner,
        Trap.REFUGE: _refuge,
        Trap.NAMESAKES: _namesakes,
    }
)


def _one_of_few(kind: str, draw: Draw) -> Person:
    """Return one of a few people whom several incidents have in common, wherever they happen."""
    return adult(Draw(f"{kind} {draw.number(kind, _PEOPLE_SHARED)}"), _BORN_BEFORE)


def _elsewhere(incident: IncidentRecorded, draw: Draw, kind: str) -> Address:
    district = incident.location.district if incident.location else None
    return address(draw.part(kind), district, kind)


def _suspect(incident: IncidentRecorded, **changes: object) -> AllegedPerpetrator:
    suspect = incident.alleged_perpetrator
    if suspect is None:
        raise ValueError("the incident names no alleged perpetrator")
    return _copy(suspect, **changes)


def _copy(model: Model, **changes: object) -> Model:
    return model.model_copy(update=changes)
