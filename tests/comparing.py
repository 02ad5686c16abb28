"""Small agreements over one event type, and how they compare."""

from typing import Any

from builders import agreement_of, share_of
from concordat.agreements.comparison.change import Change
from concordat.agreements.comparison.compare import Comparison, compare
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency
from concordat_events.catalogue import CATALOGUE

Plain = dict[str, Any]

INCIDENT = "domestic-abuse.incident-recorded.v1"
BASIS = ["gdpr-6-1-e"]
LAW = {"gateway": "ca2004-s11", "publisher_basis": BASIS, "recipient_basis": BASIS}
# What the small agreement adds to the builder's: a school with a URN, one without, a second law.
PARTIES = ("police", "social-care", "womens-aid", "oak-school", "ash-school", "probation")
GROUPS = {"carers": ["social-care", "womens-aid"], "schools": ["oak-school", "ash-school"]}
BY_URN = {"group": "schools", "whose": "urn", "is": "relationship"}
BY_GSS = {"group": "schools", "whose": "gss", "is": "location.district"}
HIGH = {"field": "grade", "is": "high"}
MEDIUM = {"field": "grade", "is": "medium"}


def agency_of(name: str, **identifiers: str) -> Agency:
    return Agency.model_validate(
        {
            "schema": "concordat/agency/v1",
            "id": name,
            "name": name,
            "controller": f"{name}-board",
            "identifiers": identifiers or None,
        }
    )


AGENCIES = {name: agency_of(name) for name in PARTIES}
AGENCIES["oak-school"] = agency_of("oak-school", urn="100001", gss="E07000238")


def share(share_id: Any = "a", **changes: Any) -> Plain:
    return share_of(**{"id": share_id, "event": INCIDENT, "send": ["ref"], **changes})


def agreement(*shares: Plain, **changes: Any) -> Agreement:
    content = {
        "parties": {name: {"acts_as": "controller", "keep_days": 30} for name in PARTIES},
        "groups": GROUPS,
        "laws": {"protect": LAW, "support": LAW},
        "shares": list(shares),
    }
    return agreement_of(**{**content, **changes})


def comparison(old: Agreement | None, new: Agreement) -> Comparison:
    return compare(old, new, CATALOGUE, AGENCIES)


def rows_of(old: Agreement | None, new: Agreement) -> dict[tuple[str, str | None], Change]:
    changes = comparison(old, new).changes
    rows = {(each.ends.recipient, each.field): each for each in changes}
    assert len(rows) == len(changes)
    return rows


def verdicts_of(old: Agreement | None, new: Agreement) -> dict[tuple[str, str | None], str]:
    return {key: str(row.verdict) for key, row in rows_of(old, new).items()}


def with_conditions(*conditions: Plain, **changes: Any) -> Agreement:
    return agreement(share(when=list(conditions), **changes))
