"""What notices do to pairs: pure questions to the register's list of notices."""

from collections.abc import Iterator
from dataclasses import dataclass

from concordat.agreements.notice import Notice
from concordat.agreements.reason import Reason
from concordat.agreements.register import Register


@dataclass(frozen=True, slots=True)
class StoppedPair:
    """A suspension that both sides have ended, or a withdrawal, for one pair.

    It concerns items under `version` and every lower one; `notice` is the digest of the stop.
    """

    notice: str
    agreement: str
    version: int
    publisher: str
    recipient: str


def why_stopped(
    register: Register, agreement_id: str, version: int, publisher: str, recipient: str
) -> Reason | None:
    """SUSPENDED or WITHDRAWN when a notice of either controller stops the pair under `version`."""
    found = None
    for notice in register.notices.get(agreement_id, ()):
        if notice.version < version or not _stops(register, notice, publisher, recipient):
            continue
        if notice.action == "withdraw":
            return Reason.WITHDRAWN
        if not _resumed(register, notice, publisher, recipient):
            found = Reason.SUSPENDED
    return found


def why_third_stopped(
    register: Register, agreement_id: str, version: int, third: str
) -> Reason | None:
    """SUSPENDED or WITHDRAWN when a party whose signature a share requires has taken it back.

    Its word counts only where it names no pairs, and its own resumption is enough.
    """
    controller = register.controller_of(third)
    found = None
    for notice in register.notices.get(agreement_id, ()):
        if notice.version < version or notice.controller != controller or notice.pairs:
            continue
        if notice.action == "withdraw":
            return Reason.WITHDRAWN
        if notice.action == "suspend" and controller not in _resumers(register, notice):
            found = Reason.SUSPENDED
    return found


def lifted_suspensions(register: Register) -> list[StoppedPair]:
    """Every suspension that is over, by pair: what was held may be released."""
    ended = [
        stop
        for notice, stop in _stops_by_pair(register)
        if notice.action == "suspend" and _resumed(register, notice, stop.publisher, stop.recipient)
    ]
    return list(dict.fromkeys([*ended, *_third_parties_back(register)]))


def withdrawals(register: Register) -> list[StoppedPair]:
    """Every withdrawal, by pair: for good."""
    return [stop for notice, stop in _stops_by_pair(register) if notice.action == "withdraw"]


def _stops_by_pair(register: Register) -> Iterator[tuple[Notice, StoppedPair]]:
    for agreement_id, notices in register.notices.items():
        parties = _parties(register, agreement_id)
        for notice in notices:
            for publisher in parties:
                for recipient in parties:
                    if publisher != recipient and _stops(register, notice, publisher, recipient):
                        yield (
                            notice,
                            StoppedPair(
                                notice.digest(), agreement_id, notice.version, publisher, recipient
                            ),
                        )


def _third_parties_back(register: Register) -> Iterator[StoppedPair]:
    """The pairs of the shares that needed a third party's word, which it has given again."""
    for agreement_id, notices in register.notices.items():
        for notice in notices:
            if notice.action != "suspend" or notice.pairs:
                continue
            if notice.controller not in _resumers(register, notice):
                continue
            for publisher, recipient in _pairs_requiring(register, agreement_id, notice.controller):
                yield StoppedPair(
                    notice.digest(), agreement_id, notice.version, publisher, recipient
                )


def _pairs_requiring(
    register: Register, agreement_id: str, controller: str
) -> Iterator[tuple[str, str]]:
    for agreement in register.agreements.get(agreement_id, {}).values():
        for share in agreement.shares:
            if controller in {register.controller_of(third) for third in share.requires}:
                for publisher in share.from_:
                    for recipient in agreement.recipients(share):
                        yield publisher, recipient


def _parties(register: Register, agreement_id: str) -> list[str]:
    versions = register.agreements.get(agreement_id, {}).values()
    return sorted({agency for agreement in versions for agency in agreement.parties})


def _stops(register: Register, notice: Notice, publisher: str, recipient: str) -> bool:
    if notice.action == "resume" or not notice.concerns(publisher, recipient):
        return False
    return notice.controller in _controllers(register, publisher, recipient)


def _resumed(register: Register, suspension: Notice, publisher: str, recipient: str) -> bool:
    """Whether both controllers of the pair have said that this suspension is over."""
    said = _resumers(register, suspension, (publisher, recipient))
    return said.issuperset(_controllers(register, publisher, recipient))


def _resumers(
    register: Register, suspension: Notice, pair: tuple[str, str] | None = None
) -> set[str]:
    digest = suspension.digest()
    return {
        notice.controller
        for notice in register.notices.get(suspension.agreement, ())
        if notice.resumes == digest and (pair is None or notice.concerns(*pair))
    }


def _controllers(register: Register, *agencies: str) -> set[str | None]:
    return {register.controller_of(agency) for agency in agencies}
