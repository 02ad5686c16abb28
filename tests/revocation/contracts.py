"""A folder of contracts for the benchmark of revocations: many small agreements, alike but for one.

Each lets the police tell one of four recipients of crimes in one district; no place is real.
"""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from concordat.runtime.settings import CONTRACTS

PUBLISHER = "police"
RECIPIENTS = {
    "social-care": "council",
    "health": "trust",
    "fire": "fire-authority",
    "probation": "probation-service",
}
CONTROLLERS = {PUBLISHER: "police-authority", **RECIPIENTS}
CRIME = "community-safety.crime-recorded.v1"


@dataclass(frozen=True, slots=True)
class Revoked:
    """One agreement that is to be revoked, and whose crimes it is about."""

    agreement: str
    recipient: str
    district: str


def agreements_of(count: int, name: str) -> list[Revoked]:
    """So many agreements, the recipients taking turns."""
    recipients = list(RECIPIENTS)
    return [
        Revoked(f"{name}-{n:04d}", recipients[n % len(recipients)], f"{name.title()} {n:04d}")
        for n in range(count)
    ]


def write_contracts(folder: Path, revoked: list[Revoked]) -> None:
    """Write controllers, agencies, topics and these agreements into a new folder."""
    for kind in ("controllers", "agencies", "agreements"):
        (folder / kind).mkdir(parents=True)
    shutil.copy(CONTRACTS / "topics.yaml", folder)
    for agency, controller in CONTROLLERS.items():
        _write(
            folder / "controllers" / f"{controller}.yaml",
            {"schema": "concordat/controller/v1", "id": controller, "name": controller},
        )
        _write(
            folder / "agencies" / f"{agency}.yaml",
            {
                "schema": "concordat/agency/v1",
                "id": agency,
                "name": agency,
                "controller": controller,
            },
        )
    for each in revoked:
        _write(folder / "agreements" / f"{each.agreement}.yaml", content_of(each))


def content_of(revoked: Revoked) -> dict[str, Any]:
    """The agreement as JSON."""
    basis = ["gdpr-6-1-e"]
    return {
        "schema": "concordat/agreement/v1",
        "id": revoked.agreement,
        "version": 1,
        "service_line": "community-safety",
        "title": "An agreement of a benchmark",
        "purpose": "Show how soon a notice bites.",
        "effective": {"from": "2020-01-01", "until": "2099-12-31"},
        "review_by": "2099-12-31",
        "dpia": {"ref": "DPIA-1", "approved": "2019-12-31"},
        "operator": "council",
        "parties": {
            PUBLISHER: {"acts_as": "controller"},
            revoked.recipient: {"acts_as": "controller", "keep_days": 30},
        },
        "laws": {
            "prevent-crime": {
                "gateway": "cda1998-s115",
                "publisher_basis": basis,
                "recipient_basis": basis,
            }
        },
        "shares": [
            {
                "id": "crimes",
                "from": [PUBLISHER],
                "to": [revoked.recipient],
                "event": CRIME,
                "when": [{"field": "district", "is": revoked.district}],
                "send": ["category", "month", "district", "location.description", "outcome"],
                "law": "prevent-crime",
                "because": "A benchmark needs it.",
            }
        ],
    }


def _write(path: Path, content: dict[str, Any]) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")  # JSON is YAML
