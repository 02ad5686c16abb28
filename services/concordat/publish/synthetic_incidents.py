"""Domestic-abuse incidents that never happened, at places and in months where crime did.

A fixed share of the recorded crimes "Violence and sexual offences" seeds one incident each. Which
ones, and everything about them, depends on the crime's event id alone: an inserted line changes no
other incident. Every person and address is invented (`invented_people`, `invented_places`) and
every event is marked `synthetic`; real are the month and the district and LSOA as published.
"""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from concordat.publish.draw import Draw
from concordat.publish.identity import case_opened_by, identity
from concordat.publish.invented_people import Person, adult, children
from concordat.publish.invented_places import address
from concordat.publish.trap_setting import set_trap
from concordat.publish.traps import trap_in
from concordat_events.envelope import Event
from concordat_events.lines.community_safety import CrimeRecorded
from concordat_events.lines.domestic_abuse import (
    Address,
    AllegedPerpetrator,
    Child,
    IncidentRecorded,
    SafeContact,
    Scene,
    Victim,
    Witness,
)

INCIDENT_RECORDED = "domestic-abuse.incident-recorded.v1"
SEEDING_CATEGORY = "violence-and-sexual-offences"

Grade = Literal["standard", "medium", "high"]

_GRADES: tuple[Grade, ...] = (
    *("standard", "standard", "standard", "standard"),
    *("medium", "medium", "medium"),
    *("high", "high"),
)
_TICKS = {"standard": (0, 7), "medium": (7, 7), "high": (14, 11)}
_CHILDREN = (0, 0, 0, 0, 1, 1, 1, 2, 2, 3)
_OFFENCES = ("common-assault", "actual-bodily-harm", "controlling-behaviour", "stalking", "threats")
_RELATIONSHIPS = ("partner", "ex-partner", "spouse", "ex-spouse", "parent", "sibling")
_WARNINGS = ("weapons", "violence", "escapes", "self-harm", "alcohol")
_METHODS = ("text message to own mobile", "call at work", "through a sister", "through the school")
_WINDOWS = ("weekdays 10:00 to 12:00", "Tuesdays after 18:30", "weekdays 09:15 to 09:45")
_CONSENTS: tuple[Literal["given", "refused", "not_sought_unsafe"], ...] = (
    *("given", "given", "given", "refused", "not_sought_unsafe"),
)


def incidents_seeded_from(crimes: Iterable[Event], percent: int = 20) -> Iterator[Event]:
    """Yield the incidents that `crimes` seed, in their order: `percent` of 100 eligible crimes."""
    for crime in crimes:
        incident = incident_seeded_from(crime, percent)
        if incident is not None:
            yield incident


def incident_seeded_from(crime: Event, percent: int = 20) -> Event | None:
    """Return the incident that this crime seeds, or None: the same answer every time."""
    seed = crime.data
    if not isinstance(seed, CrimeRecorded) or seed.category != SEEDING_CATEGORY:
        return None
    incident_id = identity("incident", crime.id)
    draw = Draw(incident_id)
    if not draw.chance("seeded", percent):
        return None
    incident, withhold_from = _incident(seed, draw), None
    if trap := trap_in(incident_id):
        incident, withhold_from = set_trap(trap, incident, draw.part("trap"))
    return Event(
        id=incident_id,
        source=crime.source,
        type=INCIDENT_RECORDED,
        time=incident.recorded_at or incident.occurred_at,
        subject=case_opened_by(incident_id),
        withholdfrom=withhold_from,
        synthetic=True,
        data=incident,
    )


def _incident(seed: CrimeRecorded, draw: Draw) -> IncidentRecorded:
    occurred_at = _moment_in(seed.month, draw)
    grade = draw.pick("grade", _GRADES)
    least, spread = _TICKS[grade]
    victim = adult(draw.part("victim"), occurred_at.date())
    perpetrator = adult(draw.part("perpetrator"), occurred_at.date())
    family = children(
        draw.part("family"),
        occurred_at.date(),
        draw.pick("children", _CHILDREN),
        victim.name.rsplit(" ", 1)[1],
    )
    home = address(draw.part("home"), seed.district, "home")
    return IncidentRecorded(
        ref=f"log-{draw.ref('log')}",
        occurred_at=occurred_at,
        recorded_at=occurred_at + timedelta(minutes=30 + draw.number("delay", 570)),
        incident_class=draw.pick("class", ("crime", "crime", "non_crime")),
        offences=[draw.pick("offence", _OFFENCES)],
        tool=draw.pick("tool", ("DASH", "DARA")),
        grade=grade,
        ticks=least + draw.number("ticks", spread),
        secondary=draw.chance("secondary", 60),
        victim=_victim(victim, home, draw),
        alleged_perpetrator=_perpetrator(perpetrator, home, draw),
        children=family or None,
        # One officer in thirty does not say how many: the exchange must not guess.
        child_count=None if draw.chance("uncounted", 3) else len(family),
        location=_scene(seed, home),
        narrative=_narrative(victim, perpetrator, home, family),
        **_circumstances(draw, grade),
    )


def _moment_in(month: str, draw: Draw) -> datetime:
    year, number = month.split("-")
    start = datetime(int(year), int(number), 1, tzinfo=UTC)
    return start + timedelta(minutes=draw.number("minute", 27 * 24 * 60))


def _victim(person: Person, home: Address, draw: Draw) -> Victim:
    return Victim(
        ref=person.ref,
        name=person.name,
        dob=person.born,
        nhs_number=None if draw.chance("nhs unknown", 15) else person.nhs_number,
        care_needs=None if draw.chance("needs unknown", 10) else draw.chance("needs", 15),
        address=home,
    )


def _perpetrator(person: Person, home: Address, draw: Draw) -> AllegedPerpetrator:
    return AllegedPerpetrator(
        ref=person.ref,
        name=person.name,
        dob=person.born,
        warnings=[draw.pick("warning", _WARNINGS)] if draw.chance("warned", 40) else None,
        supervised=draw.chance("supervised", 20),
        care_needs=draw.chance("perpetrator needs", 8),
        address=home if draw.chance("lives there", 50) else None,
    )


def _scene(seed: CrimeRecorded, home: Address) -> Scene:
    return Scene(
        district=seed.district,
        lsoa_code=seed.location.lsoa_code if seed.location else None,
        postcode=home.postcode,
        uprn=home.uprn,
    )


def _circumstances(draw: Draw, grade: Grade) -> dict[str, Any]:
    safe = draw.chance("safe contact", 85 if grade == "high" else 60)
    return {
        "witnesses": [Witness(ref=f"person-{draw.ref('witness')}")]
        if draw.chance("w", 30)
        else None,
        "relationship": draw.pick("relationship", _RELATIONSHIPS),
        "pregnant": None if draw.chance("pregnancy unknown", 30) else draw.chance("pregnant", 10),
        "weapon": draw.chance("weapon", 12),
        "separated": draw.chance("separated", 40),
        "repeats_12m": draw.number("repeats", 5),
        "safe_contact": _safe_contact(draw) if safe else None,
        "victim_aware": draw.chance("aware", 80),
        "consent": draw.pick("consent", _CONSENTS),
    }


def _safe_contact(draw: Draw) -> SafeContact:
    return SafeContact(method=draw.pick("method", _METHODS), window=draw.pick("window", _WINDOWS))


def _narrative(victim: Person, perpetrator: Person, home: Address, family: list[Child]) -> str:
    told = f"{victim.name} called from {home.line}, {home.postcode}, about {perpetrator.name}."
    if family:
        told += f" In the house: {', '.join(child.name or '' for child in family)}."
    return f"{told} The officer spoke to both apart and completed the risk questions."
