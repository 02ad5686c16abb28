"""Whether what was decided may still be disclosed: judged again at the moment of reading."""

from dataclasses import dataclass
from datetime import date

from concordat.agreements.reason import Reason
from concordat.agreements.register import Register
from concordat.agreements.standing import version_for, why_not, why_not_share
from concordat.agreements.stopping import why_stopped


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A delivery as it was decided: under which version and shares, from whom, to whom, of what."""

    agreement: str
    version: int
    shares: tuple[str, ...]
    publisher: str
    recipient: str
    event_type: str


def why_disclosure_stopped(register: Register, item: Disclosed, day: date) -> Reason | None:
    """None when `item` may be read on `day`; else why not.

    SUPERSEDED: a newer version is in force that may not send the recipient all of it.
    """
    pair = item.publisher, item.recipient
    if reason := why_not(register, item.agreement, *pair, day):
        return reason
    if reason := why_stopped(register, item.agreement, item.version, *pair):
        return reason
    if version_for(register, item.agreement, item.publisher, day) != item.version:
        return Reason.SUPERSEDED
    agreement = register.agreements[item.agreement][item.version]
    for share in agreement.shares:
        if share.id in item.shares and (reason := why_not_share(register, agreement, share)):
            return reason
    return None
