"""Why an agency gets nothing of an event, or may no longer read an item."""

from enum import StrEnum
from types import MappingProxyType


class Reason(StrEnum):
    """Each has one plain sentence. Listed from the nearest to sharing to the furthest."""

    FIELD_UNKNOWN = "FIELD_UNKNOWN"
    CONDITION_FALSE = "CONDITION_FALSE"
    SUSPENDED = "SUSPENDED"
    UNSIGNED_BY_RECIPIENT = "UNSIGNED_BY_RECIPIENT"
    UNSIGNED_BY_PUBLISHER = "UNSIGNED_BY_PUBLISHER"
    UNSIGNED_BY_JOINT_CONTROLLER = "UNSIGNED_BY_JOINT_CONTROLLER"
    NOT_YET_IN_FORCE = "NOT_YET_IN_FORCE"
    EXPIRED = "EXPIRED"
    WITHDRAWN = "WITHDRAWN"
    SUPERSEDED = "SUPERSEDED"
    NOT_NAMED = "NOT_NAMED"
    KEPT_TO_ITS_END = "KEPT_TO_ITS_END"
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
        Reason.SUSPENDED: "One of the two controllers has suspended the agreement.",
        Reason.UNSIGNED_BY_RECIPIENT: "The recipient's controller has not signed the agreement.",
        Reason.UNSIGNED_BY_PUBLISHER: "The publisher's controller has not signed the agreement.",
        Reason.UNSIGNED_BY_JOINT_CONTROLLER: "A joint controller has not signed the agreement.",
        Reason.NOT_YET_IN_FORCE: "The agreement has not started yet.",
        Reason.EXPIRED: "The agreement has ended.",
        Reason.WITHDRAWN: "One of the two controllers has withdrawn from the agreement.",
        Reason.SUPERSEDED: "A newer version of the agreement has taken the place of this one.",
        Reason.NOT_NAMED: "The version in force does not name this agency for this kind of event.",
        Reason.KEPT_TO_ITS_END: "The exchange may not hold this copy any longer.",
        Reason.AGREEMENT_UNREADABLE: "The agreement on the register cannot be read.",
        Reason.DENIED_BY_PUBLISHER: "The publisher denied this event to this agency.",
        Reason.UNREADABLE: "The admitted event cannot be read.",
    }
)
