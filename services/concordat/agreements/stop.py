"""A stop: a suspension or withdrawal on the register, and who has said that it is over."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from concordat.agreements.notice import Notice


@dataclass(frozen=True, slots=True)
class Stop:
    """A notice that stops, its digest, and the resumptions that name it."""

    notice: Notice
    digest: str
    resumptions: tuple[Notice, ...]

    @property
    def final(self) -> bool:
        """Whether it is a withdrawal: nothing ends it."""
        return self.notice.action == "withdraw"

    def resumed_by(self, publisher: str, recipient: str) -> set[str]:
        """The controllers that have said that it is over for this pair."""
        return {each.controller for each in self.resumptions if each.concerns(publisher, recipient)}

    @property
    def taken_back(self) -> bool:
        """Whether its own controller has said, naming no pairs, that it is over."""
        own = self.notice.controller
        return any(each.controller == own and not each.pairs for each in self.resumptions)


def stops_among(notices: Iterable[Notice]) -> tuple[Stop, ...]:
    """Return the stops among the notices of one agreement, in their order."""
    resumptions: defaultdict[str, list[Notice]] = defaultdict(list)
    stopping = []
    for notice in notices:
        if notice.resumes is None:
            stopping.append((notice, notice.digest()))
        else:
            resumptions[notice.resumes].append(notice)
    return tuple(Stop(notice, digest, tuple(resumptions[digest])) for notice, digest in stopping)
