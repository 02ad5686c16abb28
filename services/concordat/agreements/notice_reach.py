"""What a notice may speak of: its controller's own pairs, under versions that are there."""

from collections.abc import Callable, Iterable, Mapping

from concordat.agreements.document import Agreement
from concordat.agreements.notice import Notice, Pair


def why_out_of_reach(
    notice: Notice,
    versions: Mapping[int, Agreement],
    earlier: Iterable[Notice],
    controller_of: Callable[[str], str | None],
) -> str | None:
    """None when `notice` may be said; else why not.

    `versions` are those of its agreement, `earlier` the notices on it so far. A notice for a pair
    or a version that is not there would stop nothing, and its controller would not know.
    """
    spoken_of = [each for number, each in versions.items() if number <= notice.version]
    if not any(
        controller_of(agency) == notice.controller for each in spoken_of for agency in each.parties
    ):
        return "a notice by a controller that is behind no party"
    if notice.version not in versions:
        return "a notice of a version that is not registered"
    for pair in notice.pairs:
        if why := _why_not_pair(pair, notice.controller, spoken_of, controller_of):
            return why
    if notice.resumes is not None and not any(_ends(notice, each) for each in earlier):
        return "a resumption of no suspension of this version"
    return None


def _why_not_pair(
    pair: Pair,
    controller: str,
    spoken_of: Iterable[Agreement],
    controller_of: Callable[[str], str | None],
) -> str | None:
    ends = {pair.publisher, pair.recipient}
    if controller not in {controller_of(agency) for agency in ends}:
        return "a notice for the pairs of others"
    if len(ends) == 1 or not any(ends <= each.parties.keys() for each in spoken_of):
        return "a notice for a pair that is not of this agreement"
    return None


def _ends(resumption: Notice, other: Notice) -> bool:
    return (
        other.action == "suspend"
        and other.version == resumption.version
        and other.digest() == resumption.resumes
    )
