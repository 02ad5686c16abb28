"""What notices do to pairs: pure questions to the register's list of notices."""

from collections.abc import Iterator
from dataclasses import dataclass

from concordat.agreements.notice import Notice
from concordat.agreements.reason import Reason
from concordat.agreements.register import Register
from concordat.agreements.stop import Stop


@dataclass(frozen=True, slots=True)
class StoppedPair:
    """A suspension that both sides have ended, or a withdrawal, for one pair.

    It concerns items under `version` and every lower one; `notice` is the digest of the stop.
    Another stop may still hold such an item: only `why_stopped` says that none does.
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
    for stop in register.stops_of(agreement_id):
        if stop.notice.version < version or not _stops(register, stop, publisher, recipient):
            continue
        if stop.final:
            return Reason.WITHDRAWN
        if not _over(register, stop, publisher, recipient):
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
    for stop in register.stops_of(agreement_id):
        notice = stop.notice
        if notice.version < version or notice.controller != controller or notice.pairs:
            continue
        if stop.final:
            return Reason.WITHDRAWN
        if not stop.taken_back:
            found = Reason.SUSPENDED
    return found


def lifted_suspensions(register: Register) -> list[StoppedPair]:
    """Every suspension that is over, by pair: what was held may be released."""
    ended = [
        pair
        for stop, pair in _stopped_pairs(register)
        if not stop.final and _over(register, stop, pair.publisher, pair.recipient)
    ]
    return list(dict.fromkeys([*ended, *_third_parties_back(register)]))


def withdrawals(register: Register) -> list[StoppedPair]:
    """Every withdrawal, by pair: for good."""
    return [pair for stop, pair in _stopped_pairs(register) if stop.final]


def pairs_of(register: Register, notice: Notice) -> list[tuple[str, str]]:
    """The pairs (publisher, recipient) that `notice` speaks for, in order."""
    return [
        pair
        for pair in _pairs_sharing(register, notice.agreement, notice.version)
        if notice.concerns(*pair) and notice.controller in _controllers(register, *pair)
    ]


def open_suspensions(register: Register, agreement_id: str, controller: str) -> list[Stop]:
    """The suspensions that still stop a pair of `controller` and that it has not said are over."""
    return [
        stop
        for stop in register.stops_of(agreement_id)
        if not stop.final and _awaits(register, stop, controller)
    ]


def still_awaited(register: Register, stop: Stop, publisher: str, recipient: str) -> list[str]:
    """The controllers of the pair that have not yet said that this suspension is over."""
    both = {each for each in _controllers(register, publisher, recipient) if each is not None}
    return sorted(both - stop.resumed_by(publisher, recipient))


def _awaits(register: Register, stop: Stop, controller: str) -> bool:
    own = stop.notice.controller == controller and not stop.notice.pairs
    return (own and not stop.taken_back) or any(
        controller in _controllers(register, *pair) and controller not in stop.resumed_by(*pair)
        for pair in pairs_of(register, stop.notice)
    )


def _stopped_pairs(register: Register) -> Iterator[tuple[Stop, StoppedPair]]:
    for agreement_id in register.notices:
        for stop in register.stops_of(agreement_id):
            for pair in pairs_of(register, stop.notice):
                yield stop, _stopped(stop, *pair)


def _third_parties_back(register: Register) -> Iterator[StoppedPair]:
    """The pairs of the shares that needed a third party's word, which it has given again."""
    for agreement_id in register.notices:
        for stop in register.stops_of(agreement_id):
            if stop.final or stop.notice.pairs or not stop.taken_back:
                continue
            for pair in _pairs_requiring(register, stop.notice):
                yield _stopped(stop, *pair)


def _pairs_requiring(register: Register, notice: Notice) -> Iterator[tuple[str, str]]:
    for agreement in register.agreements.get(notice.agreement, {}).values():
        for share in agreement.shares:
            if notice.controller in {register.controller_of(third) for third in share.requires}:
                for publisher in share.from_:
                    for recipient in agreement.recipients(share):
                        yield publisher, recipient


def _pairs_sharing(register: Register, agreement_id: str, highest: int) -> list[tuple[str, str]]:
    """Between whom a version up to `highest` shares anything."""
    versions = register.agreements.get(agreement_id, {})
    pairs = {
        (publisher, recipient)
        for version, agreement in versions.items()
        if version <= highest
        for share in agreement.shares
        for recipient in agreement.recipients(share)
        for publisher in share.from_
        if publisher != recipient
    }
    return sorted(pairs)


def _stopped(stop: Stop, publisher: str, recipient: str) -> StoppedPair:
    notice = stop.notice
    return StoppedPair(stop.digest, notice.agreement, notice.version, publisher, recipient)


def _stops(register: Register, stop: Stop, publisher: str, recipient: str) -> bool:
    return stop.notice.concerns(publisher, recipient) and (
        stop.notice.controller in _controllers(register, publisher, recipient)
    )


def _over(register: Register, stop: Stop, publisher: str, recipient: str) -> bool:
    """Whether both controllers of the pair have said that this suspension is over."""
    return stop.resumed_by(publisher, recipient) >= _controllers(register, publisher, recipient)


def _controllers(register: Register, *agencies: str) -> set[str | None]:
    return {register.controller_of(agency) for agency in agencies}
