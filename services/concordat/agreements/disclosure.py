"""Whether what was decided may still be disclosed: judged again at the moment of reading."""

from dataclasses import dataclass
from datetime import date

from concordat.agreements.comparison.keeps import keeps
from concordat.agreements.comparison.reach import Ends
from concordat.agreements.document import Agreement, Party
from concordat.agreements.reason import Reason
from concordat.agreements.register import Register
from concordat.agreements.standing import version_for, why_not, why_not_share, why_not_third
from concordat.agreements.stopping import why_stopped

_ONWARD = ("none", "ask", "allowed")


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
    version = version_for(register, item.agreement, item.publisher, day)
    versions = register.agreements[item.agreement]
    if version is None or item.version not in versions:
        return Reason.SUPERSEDED
    if version != item.version:
        kept = _still_sent(register, versions[item.version], versions[version], item)
        return None if kept else Reason.SUPERSEDED
    return next(
        (
            reason
            for share in versions[version].shares
            if share.id in item.shares
            and (reason := why_not_share(register, versions[version], share))
        ),
        None,
    )


def _still_sent(register: Register, old: Agreement, new: Agreement, item: Disclosed) -> bool:
    laws = {share.law for share in old.shares if share.id in item.shares}
    if any(old.laws[law] != new.laws.get(law) for law in laws):
        return False  # under another law it is another delivery
    if not _no_stricter(old.parties.get(item.recipient), new.parties.get(item.recipient)):
        return False
    same_laws = [share for share in new.shares if share.law in laws]
    new = new.model_copy(update={"shares": same_laws})
    third = {agency for share in new.shares for agency in share.requires}
    signed = {agency for agency in third if not why_not_third(register, new, agency)}
    ends = Ends(item.event_type, item.publisher, item.recipient)
    return keeps(old, new, item.shares, ends, register.catalogue, register.agencies, signed=signed)


def _no_stricter(before: Party | None, now: Party | None) -> bool:
    """Whether what a delivery says of its keeping and passing on may still be done."""
    if before is None or now is None:
        return False
    longest = 36_500
    kept = (now.keep_days or longest) >= (before.keep_days or longest)
    return kept and _ONWARD.index(now.onward) >= _ONWARD.index(before.onward)
