"""The register: the append-only log of controllers, agencies, agreements, signatures, notices.

Keys: `controller/<id>`, `controller/<id>/<revision>`, `agency/<id>`, `agreement/<id>/<version>`,
`signature/<id>/<version>/<controller>`, `notice/<id>/<digest>`. The first record of a key wins.
Only what verifies is admitted; the rest is refused and remembered. There is no unsigned path.
A controller's later revisions (2, 3, …) add, end or revoke keys; no judgement made before changes.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from concordat.agreements.checking.checks import check_agreement
from concordat.agreements.checking.world import World
from concordat.agreements.document import Agreement
from concordat.agreements.notice import Notice
from concordat.agreements.notice_reach import why_out_of_reach
from concordat.agreements.parties import Agency, Controller
from concordat.agreements.records import (
    Admitted,
    NoticeRecord,
    Refused,
    RefusedRecord,
    SignatureRecord,
    number_in,
    read_document,
    read_struct,
    slug_in,
)
from concordat.agreements.signature import find_signer
from concordat.agreements.stop import Stop, stops_among
from concordat_events.catalogue import CATALOGUE
from concordat_events.fields import Data


@dataclass(slots=True)
class Register:
    """What the log says up to `next_offset`. `apply` it in order, from offset 0."""

    catalogue: Mapping[str, type[Data]] = field(default_factory=lambda: CATALOGUE)
    controllers: dict[str, Controller] = field(default_factory=dict)
    agencies: dict[str, Agency] = field(default_factory=dict)
    agreements: dict[str, dict[int, Agreement]] = field(default_factory=dict)
    unreadable: dict[str, dict[int, int]] = field(default_factory=dict)
    signatures: set[tuple[str, int, str]] = field(default_factory=set)
    notices: dict[str, list[Notice]] = field(default_factory=dict)
    refused: list[RefusedRecord] = field(default_factory=list)
    revisions: dict[str, int] = field(default_factory=dict)
    admitted: dict[str, Admitted] = field(default_factory=dict)
    next_offset: int = 0
    # Compiled from `notices`, which only grow: the count says whether it is still true.
    _stops: dict[str, tuple[int, tuple[Stop, ...]]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )

    def __post_init__(self) -> None:
        """Share nothing that grows with the register that these values were taken from."""
        self.controllers, self.agencies = dict(self.controllers), dict(self.agencies)
        self.agreements = {key: dict(each) for key, each in self.agreements.items()}
        self.unreadable = {key: dict(each) for key, each in self.unreadable.items()}
        self.signatures = set(self.signatures)
        self.notices = {key: list(each) for key, each in self.notices.items()}
        self.refused, self.revisions = list(self.refused), dict(self.revisions)
        self.admitted = dict(self.admitted)

    def controller_of(self, agency: str) -> str | None:
        """The controller behind an agency; None when the agency is not registered."""
        known = self.agencies.get(agency)
        return known.controller if known else None

    def signers_of(self, agreement: Agreement) -> set[str]:
        """The controllers behind its parties: all of them are asked to sign it."""
        behind = (self.controller_of(agency) for agency in agreement.parties)
        return {controller for controller in behind if controller is not None}

    def stops_of(self, agreement_id: str) -> tuple[Stop, ...]:
        """The suspensions and withdrawals of an agreement, each with its resumptions."""
        notices = self.notices.get(agreement_id, [])
        count, stops = self._stops.get(agreement_id, (0, ()))
        if count != len(notices):
            stops = stops_among(notices)
            self._stops[agreement_id] = len(notices), stops
        return stops

    def why_refused(self, key: str, value: bytes, recorded_at: datetime) -> str | None:
        """None when the record would be taken if it came next; else why not. Changes nothing."""
        trial = replace(self, refused=[])
        if trial.apply(key, value, offset=self.next_offset, recorded_at=recorded_at):
            return None
        return trial.refused[-1].why

    def apply(
        self, key: str | None, value: bytes | None, *, offset: int, recorded_at: datetime
    ) -> bool:
        """Take one record of the log; return whether it changed anything.

        Never raises for what the record holds. A record read twice has no second effect.
        """
        if offset < self.next_offset:
            return False
        self.next_offset = offset + 1
        kind, *parts = (key or "").split("/")
        step = _STEPS.get((kind, len(parts)))
        try:
            if step is None or key is None or value is None:
                raise Refused("the key or the value is not one of the register's")
            if key in self.admitted:
                raise Refused("this key is registered already: its first record stands")
            kid = step(self, parts, value, recorded_at)
        except Refused as error:
            about = self._known_agreement(kind, parts)
            kind = kind if step else "unknown"
            self.refused.append(RefusedRecord(offset, kind, str(error), recorded_at, about))
            return False
        self.admitted[key] = Admitted(offset, recorded_at, kid)
        return True

    def _known_agreement(self, kind: str, parts: list[str]) -> str:
        about = kind in ("agreement", "signature", "notice") and parts
        known = about and (parts[0] in self.agreements or parts[0] in self.unreadable)
        return parts[0] if known else ""

    def _controller(self, parts: list[str], value: bytes, _at: datetime) -> None:
        controller = read_document(Controller, value)
        if controller.id != parts[0]:
            raise Refused("the key names another controller")
        self._check_keys(controller)
        self.controllers[controller.id] = controller
        self.revisions[controller.id] = 1

    def _revision(self, parts: list[str], value: bytes, _at: datetime) -> None:
        controller_id, number = parts[0], number_in(parts[1])
        controller = read_document(Controller, value)
        known = self.controllers.get(controller_id)
        if known is None or controller.id != controller_id:
            raise Refused("the revision is of no registered controller")
        if number != self.revisions[controller_id] + 1:
            raise Refused("the revision is not the next one")
        if not known.continued_by(controller):
            raise Refused("a revision may end or revoke a key, not drop, change or revive one")
        self._check_keys(controller)
        self.controllers[controller_id] = controller
        self.revisions[controller_id] = number

    def _check_keys(self, controller: Controller) -> None:
        """One key under two controllers would let a signature of the one pass for the other's."""
        own = {key.x for key in controller.keys}
        for other in self.controllers.values():
            if other.id != controller.id and not own.isdisjoint(key.x for key in other.keys):
                raise Refused("a key of another controller")

    def _agency(self, parts: list[str], value: bytes, _at: datetime) -> None:
        agency = read_document(Agency, value)
        if agency.id != parts[0]:
            raise Refused("the key names another agency")
        if agency.controller not in self.controllers:
            raise Refused("the agency's controller is not registered")
        self.agencies[agency.id] = agency

    def _agreement(self, parts: list[str], value: bytes, _at: datetime) -> None:
        agreement_id, version = slug_in(parts[0]), number_in(parts[1])
        if version in self.unreadable.get(agreement_id, ()):
            raise Refused("this version is registered already and cannot be read")
        try:
            agreement = read_document(Agreement, value)
            if (agreement.id, agreement.version) != (agreement_id, version):
                raise Refused("the key names another agreement or version")
            world = World(self.catalogue, self.agencies, self.controllers)
            if faults := check_agreement(agreement, world):
                raise Refused(f"the agreement has {len(faults)} faults")
        except Refused:
            # What cannot be read may restrict: all pairs of the agreement stop (P3).
            self.unreadable.setdefault(agreement_id, {})[version] = self.next_offset - 1
            raise
        self.agreements.setdefault(agreement_id, {})[version] = agreement

    def _signature(self, parts: list[str], value: bytes, at: datetime) -> str:
        agreement_id, version, controller = parts[0], number_in(parts[1]), parts[2]
        agreement = self.agreements.get(agreement_id, {}).get(version)
        if agreement is None:
            raise Refused("a signature of an unknown agreement or version")
        if controller not in self.signers_of(agreement):
            raise Refused("a signature by a controller that is behind no party")
        record = read_struct(SignatureRecord, value)
        kid = self._verified(agreement.canonical(), record.signature, controller, at)
        self.signatures.add((agreement_id, version, controller))
        return kid

    def _notice(self, parts: list[str], value: bytes, at: datetime) -> str:
        agreement_id, digest = parts
        record = read_struct(NoticeRecord, value)
        notice = read_document(Notice, bytes(record.notice))
        if (notice.agreement, notice.digest()) != (agreement_id, digest):
            raise Refused("the key names another notice")
        versions = self.agreements.get(agreement_id, {})
        earlier = self.notices.get(agreement_id, [])
        if why := why_out_of_reach(notice, versions, earlier, self.controller_of):
            raise Refused(why)
        kid = self._verified(notice.canonical(), record.signature, notice.controller, at)
        self.notices.setdefault(agreement_id, []).append(notice)
        return kid

    def _verified(self, content: bytes, signature: str, controller: str, at: datetime) -> str:
        """Return the kid of the key that signed `content`."""
        signer = find_signer(content, signature, self.controllers[controller].keys, at)
        if signer is None:
            raise Refused("the signature does not verify with a key that counts at that moment")
        return signer.kid


Step = Callable[[Register, list[str], bytes, datetime], str | None]
_STEPS: dict[tuple[str, int], Step] = {
    ("controller", 1): Register._controller,  # noqa: SLF001 - its own dispatch table
    ("controller", 2): Register._revision,  # noqa: SLF001
    ("agency", 1): Register._agency,  # noqa: SLF001
    ("agreement", 2): Register._agreement,  # noqa: SLF001
    ("signature", 3): Register._signature,  # noqa: SLF001
    ("notice", 2): Register._notice,  # noqa: SLF001
}
