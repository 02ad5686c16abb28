"""Why an agency gets nothing of an event, or may no longer read an item."""

from enum import StrEnum
from types import MappingProxyType


class Reason(StrEnum):
    """Each has one plain sentence. Listed from the nearest to sharing to the furthest."""

    FIELD_UNKNOWN = "FIELD_UNKNOWN"
    CONDITION_FALSE = "CONDITION_FALSE"
    NOT_ADDRESSED = "NOT_ADDRESSED"
    SUSPENDED = "SUSPENDED"
    UNSIGNED_BY_RECIPIENT = "UNSIGNED_BY_RECIPIENT"
    UNSIGNED_BY_PUBLISHER = "UNSIGNED_BY_PUBLISHER"
    UNSIGNED_BY_JOINT_CONTROLLER = "UNSIGNED_BY_JOINT_CONTROLLER"
    UNSIGNED_BY_THIRD_PARTY = "UNSIGNED_BY_THIRD_PARTY"
    NOT_YET_IN_FORCE = "NOT_YET_IN_FORCE"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    SUPERSEDED = "SUPERSEDED"
    NOT_NAMED = "NOT_NAMED"
    KEPT_TO_ITS_END = "KEPT_TO_ITS_END"
    RELEASED = "RELEASED"
    DECIDED_AGAIN = "DECIDED_AGAIN"
    AGREEMENT_UNREADABLE = "AGREEMENT_UNREADABLE"
    DENIED_BY_PUBLISHER = "DENIED_BY_PUBLISHER"
    UNREADABLE = "UNREADABLE"

    @property
    def sentence(self) -> str:
        """Say it to a practitioner."""
        return SENTENCES[self]


SENTENCES = MappingProxyType(
    {
        Reason.CONDITION_FALSE: "A condition of the agreement does not hold for this event.",
        Reason.FIELD_UNKNOWN: "A field that a condition asks for is not filled in.",
        Reason.NOT_ADDRESSED: "The event names another member of the group, by its identifier.",
        Reason.SUSPENDED: "One of the two controllers has suspended the agreement.",
        Reason.UNSIGNED_BY_RECIPIENT: "The recipient's controller has not signed the agreement.",
        Reason.UNSIGNED_BY_PUBLISHER: "The publisher's controller has not signed the agreement.",
        Reason.UNSIGNED_BY_JOINT_CONTROLLER: "A joint controller has not signed the agreement.",
        Reason.UNSIGNED_BY_THIRD_PARTY: "A third party whose word the share needs has not signed.",
        Reason.NOT_YET_IN_FORCE: "The agreement has not started yet.",
        Reason.EXPIRED: "The agreement has ended.",
        Reason.WITHDRAWN: "One of the two controllers has withdrawn from the agreement.",
        Reason.SUPERSEDED: "A newer version of the agreement has taken the place of this one.",
        Reason.NOT_NAMED: "The version in force does not name this agency for this kind of event.",
        Reason.KEPT_TO_ITS_END: "The exchange may not hold this copy any longer.",
        Reason.RELEASED: "The item was held and has come again under a later number.",
        Reason.DECIDED_AGAIN: "The item was decided again and has come under a later number.",
        Reason.AGREEMENT_UNREADABLE: "The agreement on the register cannot be read.",
        Reason.DENIED_BY_PUBLISHER: "The publisher denied this event to this agency.",
        Reason.UNREADABLE: "The admitted event cannot be read.",
    }
)

RANK = MappingProxyType({reason: rank for rank, reason in enumerate(Reason)})
"""How near to sharing a reason comes: 0 is the nearest, and the one that is told."""
