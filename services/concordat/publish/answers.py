"""What two agencies answer on part of the synthetic incidents: triage, before anybody meets."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Literal

from concordat.publish.draw import Draw
from concordat.publish.identity import identity
from concordat.publish.invented_people import adult
from concordat_events.envelope import Event
from concordat_events.lines.domestic_abuse import IncidentRecorded
from concordat_events.lines.triage import Reservation, ResponseGiven, Worker

RESPONSE_GIVEN = "triage.response-given.v1"

_PERCENT_ANSWERED = 50
_TEAMS = {
    "childrens-social-care": ("Family front door", "Safeguarding north", "Safeguarding south"),
    "worcestershire-health": ("Health visiting", "Emergency department liaison", "Midwifery"),
}
_RISK_ITEMS = {
    "childrens-social-care": ("child-protection-plan", "neglect", "previous-referral"),
    "worcestershire-health": ("missed-appointments", "recent-injury", "substance-use"),
}
_KNOWN: tuple[Literal["open", "closed", "never"], ...] = ("open", "closed", "closed", "never")


def answers_to(incidents: Iterable[Event]) -> Iterator[Event]:
    """Yield the answers to `incidents`, each incident's before the next one's."""
    for incident in incidents:
        yield from answers_to_one(incident)


def answers_to_one(incident: Event) -> Iterator[Event]:
    """Yield up to one answer per answering agency, on the incident's own case.

    An incident that its publisher withholds from somebody is answered by nobody: an answer on the
    same case would tell the denied agency that the case exists.
    """
    data = incident.data
    if not isinstance(data, IncidentRecorded) or incident.denied:
        return
    for agency in _told_of(data):
        draw = Draw(identity("answer", incident.id, agency))
        if draw.chance("answered", _PERCENT_ANSWERED):
            yield _answer(incident, agency, draw)


def _told_of(data: IncidentRecorded) -> Iterator[str]:
    if data.child_count:
        yield "childrens-social-care"
    if data.grade == "high" or data.pregnant:
        yield "worcestershire-health"


def _answer(incident: Event, agency: str, draw: Draw) -> Event:
    day = incident.time.date()
    known = draw.pick("known", _KNOWN)
    keeps_back = draw.chance("keeps back", 15)
    items = [item for item in _RISK_ITEMS[agency] if draw.chance(item, 40)]
    response = ResponseGiven(
        ref=f"answer-{draw.ref('answer')}",
        known=known,
        last_contact=None if known == "never" else day - timedelta(draw.number("days", 700)),
        worker=None
        if known == "never"
        else Worker(
            name=adult(draw.part("worker"), day).name, team=draw.pick("team", _TEAMS[agency])
        ),
        risk_items=None if known == "never" else items or None,
        withheld=Reservation(any=keeps_back, reason="awaits consent" if keeps_back else None),
    )
    return Event(
        id=draw.seed,
        source=f"//{agency}",
        type=RESPONSE_GIVEN,
        time=incident.time + timedelta(minutes=60 + draw.number("delay", 47 * 60)),
        subject=incident.subject,
        synthetic=True,
        data=response,
    )
