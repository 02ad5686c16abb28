"""Whether a newer version still sends all that an older one sent: what is unread may be read."""

import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from itertools import chain, product

from concordat.agreements.comparison.compare import space_of
from concordat.agreements.comparison.cover import Box, is_empty
from concordat.agreements.comparison.reach import Ends, Reach, reaches
from concordat.agreements.comparison.region import Space
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Agency
from concordat_events.fields import Data

_WAYS = 1_000  # in which the shares of one delivery may have been addressed together


def keeps(  # noqa: PLR0913 - two versions, what was sent, and what to read them by
    old: Agreement,
    new: Agreement,
    shares: Sequence[str],
    ends: Ends,
    catalogue: Mapping[str, type[Data]],
    agencies: Mapping[str, Agency],
    *,
    signed: AbstractSet[str] = frozenset(),
) -> bool:
    """True only if what `ends.recipient` got under `shares` of `old` `new` certainly sends as well.

    `shares` all held for the event, of which nothing else is known. A share of `new` counts only
    when every third party that it requires is in `signed`: has signed `new` and not taken it back.
    Under which law `new` sends a field does not matter. False when in doubt: an unknown share,
    agency or type, a coarsening of a field that is now sent whole, a question too large to tell.
    """
    if ends.event_type not in catalogue or not {*old.parties, *new.parties} <= agencies.keys():
        return False
    before = [each for each in reaches(old, agencies).get(ends, []) if each.share.id in shares]
    if not shares or {each.share.id for each in before} != set(shares):
        return False
    standing = [
        each for each in reaches(new, agencies).get(ends, []) if signed >= set(each.share.requires)
    ]
    return _all_sent(before, standing, catalogue[ends.event_type])


def _all_sent(before: Sequence[Reach], now: Sequence[Reach], model: type[Data]) -> bool:
    if math.prod(len(each.alternatives) for each in before) > _WAYS:
        return False
    space = space_of([*before, *now], model)
    held = [
        space.box_of(chain.from_iterable(together))
        for together in product(*(each.alternatives for each in before))
    ]
    if all(is_empty(box) for box in held):
        return False
    names = frozenset[str]().union(*(each.names for each in before))
    senders = [now, *([each for each in now if name in each.names] for name in sorted(names))]
    # Most names share their shares, and each question is asked once.
    different = {tuple(each.share.id for each in side): side for side in senders}
    return all(space.covers(_boxes(side, space), held) for side in different.values())


def _boxes(sides: Iterable[Reach], space: Space) -> list[Box]:
    boxes = [space.box_of(alternative) for each in sides for alternative in each.alternatives]
    return [box for box in boxes if not is_empty(box)]
