"""Whether an agreement stands between a publisher and a recipient, on a day."""

from datetime import date

from concordat.agreements.document import Agreement, Share
from concordat.agreements.reason import Reason
from concordat.agreements.register import Register
from concordat.agreements.stopping import why_stopped, why_third_stopped

JOINT = "joint-controller"


def version_for(register: Register, agreement_id: str, publisher: str, day: date) -> int | None:
    """The version that counts for this publisher's pairs: the highest it has signed and started.

    At its start a version signed by the publisher's controller retires every lower one, for good:
    nothing lower revives when it ends, is suspended or lacks the recipient's signature.
    """
    controller = register.controller_of(publisher)
    started = (
        version
        for version, agreement in register.agreements.get(agreement_id, {}).items()
        if (agreement_id, version, controller) in register.signatures
        and agreement.effective.from_ <= day
    )
    return max(started, default=None)


def why_not(
    register: Register, agreement_id: str, publisher: str, recipient: str, day: date
) -> Reason | None:
    """None when `agreement_id` is in force for the pair on `day`; else the reason why not.

    A version that cannot be read may restrict: it stops the pairs of every lower one, and is
    itself retired by a higher one that its publisher has signed.
    """
    version = version_for(register, agreement_id, publisher, day)
    if any(unreadable > (version or 0) for unreadable in register.unreadable.get(agreement_id, ())):
        return Reason.AGREEMENT_UNREADABLE
    if version is None:
        return _not_started(register, agreement_id, publisher)
    agreement = register.agreements[agreement_id][version]
    if publisher not in agreement.parties or recipient not in agreement.parties:
        return Reason.NOT_NAMED
    if stopped := why_stopped(register, agreement_id, version, publisher, recipient):
        return stopped
    if (agreement_id, version, register.controller_of(recipient)) not in register.signatures:
        return Reason.UNSIGNED_BY_RECIPIENT
    if not _joint_controllers_signed(register, agreement, publisher, recipient):
        return Reason.UNSIGNED_BY_JOINT_CONTROLLER
    if day > agreement.effective.until:
        return Reason.EXPIRED
    return None


def why_not_share(register: Register, agreement: Agreement, share: Share) -> Reason | None:
    """None when every third party that `share` requires has signed and not taken it back."""
    reasons = (why_not_third(register, agreement, third) for third in share.requires)
    return next((reason for reason in reasons if reason), None)


def why_not_third(register: Register, agreement: Agreement, third: str) -> Reason | None:
    """None when `third` has signed `agreement` and not taken it back."""
    signer = register.controller_of(third)
    if (agreement.id, agreement.version, signer) not in register.signatures:
        return Reason.UNSIGNED_BY_THIRD_PARTY
    return why_third_stopped(register, agreement.id, agreement.version, third)


def _joint_controllers_signed(
    register: Register, agreement: Agreement, publisher: str, recipient: str
) -> bool:
    """Joint controllers must all sign before any of their pairs."""
    joint = {name for name, party in agreement.parties.items() if party.acts_as == JOINT}
    if joint.isdisjoint((publisher, recipient)):
        return True
    return all(
        (agreement.id, agreement.version, register.controller_of(agency)) in register.signatures
        for agency in joint
    )


def _not_started(register: Register, agreement_id: str, publisher: str) -> Reason:
    controller = register.controller_of(publisher)
    signed = any(
        (agreement_id, version, controller) in register.signatures
        for version in register.agreements.get(agreement_id, {})
    )
    return Reason.NOT_YET_IN_FORCE if signed else Reason.UNSIGNED_BY_PUBLISHER
