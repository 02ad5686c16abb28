"""What a register says, in plain values, and between whom it makes an agreement stand.

Part of the naive evaluator: see naive.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

Plain = dict[str, Any]


@dataclass(frozen=True)
class PlainRegister:
    """Agreements and notices as people wrote them; who has signed which version.

    `controllers` gives the controller behind each agency, `identifiers` what an agency is
    registered as elsewhere. A notice has a `number` of its own, `pairs` as lists of two agencies,
    and `resumes`: the number of the suspension that it ends.
    """

    agreements: list[Plain]
    signatures: set[tuple[str, int, str]]
    notices: list[Plain]
    controllers: Mapping[str, str]
    identifiers: Mapping[str, Mapping[str, str]]
    unreadable: frozenset[str] = frozenset()

    def versions(self, agreement_id: str) -> list[Plain]:
        """Every version of one agreement."""
        return [each for each in self.agreements if each["id"] == agreement_id]

    def signed(self, document: Plain, controller: str) -> bool:
        """Whether this controller has signed this version."""
        return (document["id"], document["version"], controller) in self.signatures


def in_force(
    register: PlainRegister, agreement_id: str, publisher: str, agency: str, day: date
) -> str | Plain:
    """The version that stands between the two on `day`, or why none does."""
    if agreement_id in register.unreadable:
        return "AGREEMENT_UNREADABLE"
    ours, theirs = register.controllers[publisher], register.controllers[agency]
    signed = [each for each in register.versions(agreement_id) if register.signed(each, ours)]
    if not signed:
        return "UNSIGNED_BY_PUBLISHER"
    started = [each for each in signed if date.fromisoformat(each["effective"]["from"]) <= day]
    if not started:
        return "NOT_YET_IN_FORCE"
    latest = max(started, key=lambda each: int(each["version"]))
    if publisher not in latest["parties"] or agency not in latest["parties"]:
        return "NOT_NAMED"
    if reason := stopped(register, latest, publisher, agency):
        return reason
    if not register.signed(latest, theirs):
        return "UNSIGNED_BY_RECIPIENT"
    if not _joint_controllers_signed(register, latest, {publisher, agency}):
        return "UNSIGNED_BY_JOINT_CONTROLLER"
    if day > date.fromisoformat(latest["effective"]["until"]):
        return "EXPIRED"
    return latest


def _joint_controllers_signed(register: PlainRegister, document: Plain, pair: set[str]) -> bool:
    """All of them must have signed before any pair with one of them stands."""
    joint = set()
    for agency, party in document["parties"].items():
        if party["acts_as"] == "joint-controller":
            joint.add(agency)
    if not joint & pair:
        return True
    return all(register.signed(document, register.controllers[agency]) for agency in joint)


def stopped(register: PlainRegister, document: Plain, publisher: str, agency: str) -> str | None:
    """Why notices of either end stop the pair under this version, or None."""
    ends = {register.controllers[publisher], register.controllers[agency]}
    reason = None
    for notice in _stops(register, document):
        if notice["controller"] not in ends or not _speaks_of(notice, publisher, agency):
            continue
        if notice["action"] == "withdraw":
            return "WITHDRAWN"
        resumed_by = {
            other["controller"]
            for other in _resumptions(register, notice)
            if _speaks_of(other, publisher, agency)
        }
        if not ends <= resumed_by:
            reason = "SUSPENDED"
    return reason


def third_party_missing(register: PlainRegister, document: Plain, share: Plain) -> str | None:
    """Why the word of a party that the share requires does not stand, or None.

    Only a notice about everything, which names no pairs, takes that word back or gives it again.
    """
    for third in share.get("requires", []):
        controller = register.controllers[third]
        if not register.signed(document, controller):
            return "UNSIGNED_BY_THIRD_PARTY"
        suspended = False
        for notice in _stops(register, document):
            if notice["controller"] != controller or notice["pairs"]:
                continue
            if notice["action"] == "withdraw":
                return "WITHDRAWN"
            if not any(
                other["controller"] == controller and not other["pairs"]
                for other in _resumptions(register, notice)
            ):
                suspended = True
        if suspended:
            return "SUSPENDED"
    return None


def _stops(register: PlainRegister, document: Plain) -> list[Plain]:
    """Suspensions and withdrawals of this version or a higher one."""
    return [
        notice
        for notice in register.notices
        if notice["agreement"] == document["id"]
        and notice["version"] >= document["version"]
        and notice["action"] in ("suspend", "withdraw")
    ]


def _resumptions(register: PlainRegister, suspension: Plain) -> list[Plain]:
    return [each for each in register.notices if each["resumes"] == suspension["number"]]


def _speaks_of(notice: Plain, publisher: str, agency: str) -> bool:
    return not notice["pairs"] or [publisher, agency] in notice["pairs"]
