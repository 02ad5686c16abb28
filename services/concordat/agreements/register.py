"""The register: the append-only log of controllers, agencies, agreements, signatures, notices.

Keys: `controller/<id>`, `controller/<id>/<revision>`, `agency/<id>`, `agreement/<id>/<version>`,
`signature/<id>/<version>/<controller>`, `notice/<id>/<digest>`. The first record of a key wins.
Only what verifies is admitted; the rest is refused and remembered. There is no unsigned path.
A controller's later revisions (2, 3, …) add or revoke keys; they change no judgement made before.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import msgspec
from pydantic import ValidationError

from concordat.agreements.checks import check_agreement
from concordat.agreements.document import Agreement
from concordat.agreements.notice import Notice
from concordat.agreements.parties import Agency, Controller, SigningKey
from concordat.agreements.signature import verify
from concordat.agreements.world import World
from concordat_events.catalogue import CATALOGUE
from concordat_events.fields import Data


class Refused(ValueError):
    """The record is not admitted; the message says why and repeats nothing of it."""


class SignatureRecord(msgspec.Struct, forbid_unknown_fields=True):
    """One controller's detached JWS over one version."""

    signature: str


class NoticeRecord(msgspec.Struct, forbid_unknown_fields=True):
    """A notice and its controller's detached JWS over it."""

    notice: msgspec.Raw
    signature: str


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A register record without effect."""

    offset: int
    kind: str
    why: str


@dataclass(slots=True)
class Register:
    """What the log says up to `next_offset`. `apply` it in order, from offset 0."""

    catalogue: Mapping[str, type[Data]] = field(default_factory=lambda: CATALOGUE)
    controllers: dict[str, Controller] = field(default_factory=dict)
    agencies: dict[str, Agency] = field(default_factory=dict)
    agreements: dict[str, dict[int, Agreement]] = field(default_factory=dict)
    unreadable: dict[str, set[int]] = field(default_factory=dict)
    signatures: set[tuple[str, int, str]] = field(default_factory=set)
    notices: dict[str, list[Notice]] = field(default_factory=dict)
    refused: list[RefusedRecord] = field(default_factory=list)
    revisions: dict[str, int] = field(default_factory=dict)
    next_offset: int = 0

    def controller_of(self, agency: str) -> str | None:
        """The controller behind an agency; None when the agency is not registered."""
        known = self.agencies.get(agency)
        return known.controller if known else None

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
            if step is None or value is None:
                raise Refused("the key or the value is not one of the register's")
            step(self, parts, value, recorded_at)
        except Refused as error:
            self.refused.append(RefusedRecord(offset, kind if step else "unknown", str(error)))
            return False
        return True

    def _controller(self, parts: list[str], value: bytes, _at: datetime) -> None:
        (controller_id,) = parts
        controller = _read(Controller, value)
        if controller.id != controller_id or controller_id in self.controllers:
            raise Refused("the controller is registered already, or the key names another")
        self.controllers[controller_id] = controller
        self.revisions[controller_id] = 1

    def _revision(self, parts: list[str], value: bytes, _at: datetime) -> None:
        controller_id, number = parts[0], _number(parts[1])
        controller = _read(Controller, value)
        known = self.controllers.get(controller_id)
        if known is None or controller.id != controller_id:
            raise Refused("the revision is of no registered controller")
        if number != self.revisions[controller_id] + 1:
            raise Refused("the revision is not the next one")
        kept = {key.kid: key for key in controller.keys}
        if any(not _continues(key, kept.get(key.kid)) for key in known.keys):
            raise Refused("a revision may end or revoke a key, not drop, change or revive one")
        self.controllers[controller_id] = controller
        self.revisions[controller_id] = number

    def _agency(self, parts: list[str], value: bytes, _at: datetime) -> None:
        (agency_id,) = parts
        agency = _read(Agency, value)
        if agency.id != agency_id or agency_id in self.agencies:
            raise Refused("the agency is registered already, or the key names another")
        if agency.controller not in self.controllers:
            raise Refused("the agency's controller is not registered")
        self.agencies[agency_id] = agency

    def _agreement(self, parts: list[str], value: bytes, _at: datetime) -> None:
        agreement_id, version = parts[0], _number(parts[1])
        versions = self.agreements.setdefault(agreement_id, {})
        broken = self.unreadable.setdefault(agreement_id, set())
        if version in versions or version in broken:
            raise Refused("this version is registered already and cannot be rewritten")
        try:
            agreement = _read(Agreement, value)
            if (agreement.id, agreement.version) != (agreement_id, version):
                raise Refused("the key names another agreement or version")
            world = World(self.catalogue, self.agencies, self.controllers)
            if faults := check_agreement(agreement, world):
                raise Refused(f"the agreement has {len(faults)} faults")
        except Refused:
            # What cannot be read may restrict: all pairs of the agreement stop (DESIGN §4, P3).
            broken.add(version)
            raise
        versions[version] = agreement

    def _signature(self, parts: list[str], value: bytes, at: datetime) -> None:
        agreement_id, version, controller_id = parts[0], _number(parts[1]), parts[2]
        agreement = self.agreements.get(agreement_id, {}).get(version)
        if agreement is None:
            raise Refused("a signature of an unknown agreement or version")
        if (agreement_id, version, controller_id) in self.signatures:
            raise Refused("this controller has signed this version already")
        if controller_id not in self._signers(agreement):
            raise Refused("a signature by a controller that is behind no party")
        record = _decode(SignatureRecord, value)
        keys = self.controllers[controller_id].keys
        if not verify(agreement.canonical(), record.signature, keys, at):
            raise Refused("the signature does not verify with a key that counts at that moment")
        self.signatures.add((agreement_id, version, controller_id))

    def _notice(self, parts: list[str], value: bytes, at: datetime) -> None:
        agreement_id, digest = parts
        record = _decode(NoticeRecord, value)
        notice = _read(Notice, bytes(record.notice))
        if (notice.agreement, notice.digest()) != (agreement_id, digest):
            raise Refused("the key names another notice")
        versions = self.agreements.get(agreement_id, {})
        if not any(notice.controller in self._signers(each) for each in versions.values()):
            raise Refused("a notice by a controller that is behind no party")
        if any(known.digest() == digest for known in self.notices.get(agreement_id, ())):
            raise Refused("this notice is registered already")
        self._check_reach(notice)
        keys = self.controllers[notice.controller].keys
        if not verify(notice.canonical(), record.signature, keys, at):
            raise Refused("the notice does not verify with a key that counts at that moment")
        self.notices.setdefault(agreement_id, []).append(notice)

    def _check_reach(self, notice: Notice) -> None:
        """A notice speaks for its controller's own pairs; a resumption, of a suspension."""
        for pair in notice.pairs:
            ends = {self.controller_of(pair.publisher), self.controller_of(pair.recipient)}
            if notice.controller not in ends:
                raise Refused("a notice for the pairs of others")
        if notice.resumes is not None:
            suspended = self._suspension(notice)
            if suspended is None or suspended.version != notice.version:
                raise Refused("a resumption of no suspension of this version")

    def _suspension(self, resumption: Notice) -> Notice | None:
        for notice in self.notices.get(resumption.agreement, ()):
            if notice.action == "suspend" and notice.digest() == resumption.resumes:
                return notice
        return None

    def _signers(self, agreement: Agreement) -> set[str]:
        return {
            self.agencies[agency].controller
            for agency in agreement.parties
            if agency in self.agencies
        }


Step = Callable[[Register, list[str], bytes, datetime], None]
_STEPS: dict[tuple[str, int], Step] = {
    ("controller", 1): Register._controller,  # noqa: SLF001 - its own dispatch table
    ("controller", 2): Register._revision,  # noqa: SLF001
    ("agency", 1): Register._agency,  # noqa: SLF001
    ("agreement", 2): Register._agreement,  # noqa: SLF001
    ("signature", 3): Register._signature,  # noqa: SLF001
    ("notice", 2): Register._notice,  # noqa: SLF001
}


def _continues(key: SigningKey, later: SigningKey | None) -> bool:
    """Whether `later` is the same key, at most ended or revoked, never opened wider."""
    if later is None or (key.x, key.valid_from) != (later.x, later.valid_from):
        return False
    ended = key.valid_until is None or (
        later.valid_until is not None and later.valid_until <= key.valid_until
    )
    revoked = key.revoked_at is None or (
        later.revoked_at is not None and later.revoked_at <= key.revoked_at
    )
    return ended and revoked


def _read(model: Any, value: bytes) -> Any:
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        raise Refused(f"the record has {error.error_count()} faults of form") from None


def _decode(model: Any, value: bytes) -> Any:
    try:
        return msgspec.json.decode(value, type=model)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused("the record is not of the form of its kind") from None


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit()) or len(text) > 6:
        raise Refused("the version in the key is not a number")
    return int(text)
