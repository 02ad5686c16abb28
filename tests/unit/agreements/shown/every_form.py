"""One agreement with every form of the language, each part of it with an effect of its own."""

from typing import Any

from concordat.agreements.parties import Agency

EVERY_FORM: dict[str, Any] = {
    "schema": "concordat/agreement/v1",
    "id": "every-form",
    "version": 3,
    "service_line": "domestic-abuse",
    "title": "Every form of the language",
    "purpose": "Show what an agreement does.",
    "effective": {"from": "2026-01-01", "until": "2028-12-31"},
    "review_by": "2027-12-31",
    "dpia": {"ref": "DPIA-2026-014", "approved": "2025-11-30"},
    "operator": "council",
    "parties": {
        "police": {"acts_as": "controller"},
        "care": {"acts_as": "joint-controller", "keep_days": 365, "onward": "ask", "direct": True},
        "school-a": {"acts_as": "controller", "keep_days": 30},
        "school-b": {"acts_as": "processor", "keep_days": 31, "onward": "allowed"},
        "council-law": {"acts_as": "controller"},
    },
    "groups": {"schools": ["school-a", "school-b"], "caring": ["care"], "spare": ["police"]},
    "laws": {
        "protect": {
            "gateway": "ca2004-s11",
            "publisher_basis": ["gdpr-6-1-e", "gdpr-10-dpa2018-sch1-18"],
            "recipient_basis": ["gdpr-6-1-c", "gdpr-9-2-a"],
        },
        "spare-law": {
            "gateway": "common-law",
            "publisher_basis": ["gdpr-6-1-a"],
            "recipient_basis": ["gdpr-6-1-d"],
        },
    },
    "field_sets": {"victim": ["victim.ref", "victim.name"], "spare-set": ["ticks"]},
    "shares": [
        {
            "id": "to-care",
            "from": ["police", "school-b"],
            "to": ["@caring"],
            "event": "domestic-abuse.incident-recorded.v1",
            "when": [
                {"field": "grade", "in": ["high", "medium"]},
                {"field": "child_count", "at_least": 1},
                {"field": "repeats_12m", "less_than": 9},
                {"field": "offences", "includes": "stalking"},
                {"field": "consent", "present": True},
                {"field": "pregnant", "is": False},
                {"field": "relationship", "is": "Wyre Forest"},
            ],
            "send": [
                "grade",
                "@victim",
                {"field": "victim.dob", "as": "year"},
                {"field": "occurred_at", "as": "month"},
                {"field": "weapon", "as": "present"},
            ],
            "sealed": ["safe_contact.method", {"field": "location.postcode", "as": "outward-code"}],
            "reveals": ["consent", "pregnant"],
            "collect_within_hours": 4,
            "law": "protect",
            "requires": ["council-law", "school-a"],
            "because": "A test needs it.",
        },
        {
            "id": "to-school",
            "from": ["police"],
            "to": [{"group": "schools", "whose": "urn", "is": "location.lsoa_code"}, "care"],
            "event": "domestic-abuse.incident-recorded.v1",
            "send": [],
            "reveals": ["location.lsoa_code"],
            "collect_within_hours": 12,
            "law": "protect",
            "because": "A signal without data.",
        },
    ],
    "never_send": ["narrative", "location.uprn"],
    "undertakings": {"care": ["Keep it safe.", "Leave no message."], "police": ["Be quick."]},
}

AGENCIES = {
    agency: Agency.model_validate(
        {
            "schema": "concordat/agency/v1",
            "id": agency,
            "name": f"The {agency} of Foxglimmer",
            "controller": f"{agency}-trust",
            "identifiers": {"urn": "999001"} if agency == "school-a" else None,
        }
    )
    for agency in ("police", "care", "school-a", "school-b")
}
