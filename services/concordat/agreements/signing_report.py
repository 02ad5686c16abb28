"""What the register holds on one agreement: versions, signatures, notices, refusals."""

from dataclasses import dataclass
from datetime import date, datetime

from concordat.agreements.entries import notice_key, signature_key
from concordat.agreements.notice import Notice
from concordat.agreements.records import RefusedRecord
from concordat.agreements.register import Register
from concordat.agreements.signing import still_to_sign
from concordat.agreements.signing_gaps import SigningGap, unsigned_soon
from concordat.agreements.stop import Stop
from concordat.agreements.stopping import pairs_of, still_awaited

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Signed:
    """Who has signed, with which key, and when the register recorded it."""

    controller: str
    kid: str | None
    recorded_at: datetime | None


@dataclass(frozen=True, slots=True)
class VersionReport:
    """One version, by whom it is signed and who is awaited."""

    version: int
    digest: str
    starts: date
    ends: date
    signed: tuple[Signed, ...]
    awaited: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NoticeReport:
    """A suspension or withdrawal: the pairs it stops still, and those that flow again."""

    digest: str
    action: str
    version: int
    controller: str
    reason: str
    recorded_at: datetime | None
    stopped: Pairs
    resumed: Pairs


@dataclass(frozen=True, slots=True)
class AgreementReport:
    """One agreement; `unreadable` are versions that nobody can read and that stop its pairs."""

    agreement: str
    versions: tuple[VersionReport, ...]
    unreadable: tuple[int, ...]
    notices: tuple[NoticeReport, ...]
    refused: tuple[RefusedRecord, ...]
    gaps: tuple[SigningGap, ...]


def report_on(register: Register, agreement: str, day: date) -> AgreementReport | None:
    """Return what is known of `agreement`; None when the register has nothing under that id."""
    unreadable = register.unreadable.get(agreement, {})
    versions = register.agreements.get(agreement, {})
    if not versions and not unreadable:
        return None
    return AgreementReport(
        agreement,
        tuple(_version(register, agreement, number) for number in sorted(versions)),
        tuple(sorted(unreadable)),
        tuple(_notice(register, stop) for stop in register.stops_of(agreement)),
        tuple(record for record in register.refused if record.agreement == agreement),
        tuple(gap for gap in unsigned_soon(register, day) if gap.agreement == agreement),
    )


def _version(register: Register, agreement_id: str, number: int) -> VersionReport:
    agreement = register.agreements[agreement_id][number]
    signers = sorted(
        controller
        for controller in register.signers_of(agreement)
        if (agreement_id, number, controller) in register.signatures
    )
    return VersionReport(
        number,
        agreement.digest(),
        agreement.effective.from_,
        agreement.effective.until,
        tuple(_signed(register, agreement_id, number, controller) for controller in signers),
        tuple(still_to_sign(register, agreement)),
    )


def _signed(register: Register, agreement_id: str, number: int, controller: str) -> Signed:
    admitted = register.admitted.get(signature_key(agreement_id, number, controller))
    if admitted is None:
        return Signed(controller, None, None)
    return Signed(controller, admitted.kid, admitted.recorded_at)


def _notice(register: Register, stop: Stop) -> NoticeReport:
    notice: Notice = stop.notice
    pairs = pairs_of(register, notice)
    over = [pair for pair in pairs if not stop.final and not still_awaited(register, stop, *pair)]
    admitted = register.admitted.get(notice_key(notice))
    return NoticeReport(
        stop.digest,
        notice.action,
        notice.version,
        notice.controller,
        notice.reason,
        admitted.recorded_at if admitted else None,
        tuple(pair for pair in pairs if pair not in over),
        tuple(over),
    )
