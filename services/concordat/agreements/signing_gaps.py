"""Who will get nothing, or gets nothing, because a version waits for a signature."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from concordat.agreements.document import Agreement
from concordat.agreements.register import Register
from concordat.agreements.signing import still_to_sign
from concordat.agreements.standing import version_for


@dataclass(frozen=True, slots=True)
class SigningGap:
    """`agencies` get nothing from `starts` on until their controller signs the version."""

    agreement: str
    version: int
    starts: date
    controller: str
    agencies: tuple[str, ...]

    def sentence(self, day: date) -> str:
        """Say it as of `day`."""
        who = ", ".join(self.agencies)
        what = f"version {self.version} of {self.agreement}"
        if self.starts > day:
            return f"{self.controller} has not signed {what}: {who} get nothing from {self.starts}"
        return f"{self.controller} has not signed {what}: {who} get nothing since {self.starts}"


def unsigned_soon(register: Register, day: date, days: int = 30) -> list[SigningGap]:
    """The gaps of versions that start within `days`, and of those that have started.

    Before the start: every recipient that has not signed. From then on: those that a publisher
    whose version this is no longer serves.
    """
    gaps = [
        gap
        for versions in register.agreements.values()
        for agreement in versions.values()
        if agreement.effective.from_ <= day + timedelta(days) and day <= agreement.effective.until
        for gap in _gaps(register, agreement, day)
    ]
    return sorted(gaps, key=lambda gap: (gap.starts, gap.agreement, gap.version, gap.controller))


def _gaps(register: Register, agreement: Agreement, day: date) -> Iterator[SigningGap]:
    recipients = {
        recipient
        for share in agreement.shares
        for publisher in share.from_
        if _takes_effect(register, agreement, publisher, day)
        for recipient in agreement.recipients(share)
        if recipient != publisher
    }
    for controller in still_to_sign(register, agreement):
        own = sorted(each for each in recipients if register.controller_of(each) == controller)
        if own:
            starts = agreement.effective.from_
            yield SigningGap(agreement.id, agreement.version, starts, controller, tuple(own))


def _takes_effect(register: Register, agreement: Agreement, publisher: str, day: date) -> bool:
    """Whether it is this publisher's version, or may be when it starts."""
    if agreement.effective.from_ > day:
        return True
    return version_for(register, agreement.id, publisher, day) == agreement.version
