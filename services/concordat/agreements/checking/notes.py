"""What is no fault and may still not be meant: notes on an agreement that can be signed."""

from collections.abc import Iterator
from itertools import chain, combinations

from concordat.agreements.checking.world import CheckFault, Place, World
from concordat.agreements.coarsening import parts_of
from concordat.agreements.comparison.region import always_true, impossible
from concordat.agreements.document import Agreement, ByIdentifier, Share
from concordat_events.leaves import leaves


def notes_on(agreement: Agreement, world: World) -> list[CheckFault]:
    """Return the notes on an agreement without faults, each with its place and one sentence."""
    return list(
        chain(
            _always_true(agreement, world),
            _given_away(agreement),
            _overlaps(agreement, world),
            _unused(agreement),
            _nobody_receives(agreement, world),
        )
    )


def _always_true(agreement: Agreement, world: World) -> Iterator[CheckFault]:
    for at, share in _shares(agreement):
        known = leaves(world.catalogue[share.event])
        for number, condition in enumerate(share.when):
            if always_true(condition, known[condition.field]):
                message = f"the condition on {condition.field!r} holds for every event"
                yield CheckFault((*at, "when", number), message)


def _given_away(agreement: Agreement) -> Iterator[CheckFault]:
    """A delivery tells that its conditions hold: what is neither sent nor said is given away."""
    for at, share in _shares(agreement):
        said = {*agreement.sent(share), *share.reveals}
        looked_at: list[tuple[Place, str]] = [
            ((*at, "when", number), condition.field) for number, condition in enumerate(share.when)
        ]
        looked_at += (
            ((*at, "to", number), item.is_)
            for number, item in enumerate(share.to)
            if isinstance(item, ByIdentifier)
        )
        for place, path in looked_at:
            if path not in said:
                message = f"the delivery gives {path!r} away; send it, or name it under 'reveals'"
                yield CheckFault(place, message)


def _overlaps(agreement: Agreement, world: World) -> Iterator[CheckFault]:
    for (_, one), (at, two) in combinations(_shares(agreement), 2):
        if (one.event, one.law) != (two.event, two.law) or not {*one.from_} & {*two.from_}:
            continue
        both = sorted({*agreement.recipients(one)} & {*agreement.recipients(two)})
        known = leaves(world.catalogue[one.event])
        if both and not impossible([*one.when, *two.when], known):
            message = (
                f"{one.id!r} and {two.id!r} may hold for one event: "
                f"{', '.join(both)} then gets the fields of both in one delivery"
            )
            yield CheckFault((*at, "id"), message)


def _unused(agreement: Agreement) -> Iterator[CheckFault]:
    shares = agreement.shares
    said = {item for share in shares for item in (*share.to, *share.send) if isinstance(item, str)}
    by_identifier = (
        item.group for share in shares for item in share.to if isinstance(item, ByIdentifier)
    )
    groups = {*by_identifier, *(item[1:] for item in said if item.startswith("@"))}
    acting = {
        agency
        for share in shares
        for agency in (*share.from_, *share.requires, *agreement.recipients(share))
    }
    for name in agreement.parties.keys() - acting:
        yield CheckFault(("parties", name), f"the party {name!r} neither sends nor receives")
    for name in agreement.groups.keys() - groups:
        yield CheckFault(("groups", name), f"the group {name!r} is used by no share")
    for name in agreement.field_sets.keys() - groups:
        yield CheckFault(("field_sets", name), f"the field set {name!r} is used by no share")
    for name in agreement.laws.keys() - {share.law for share in shares}:
        yield CheckFault(("laws", name), f"the law {name!r} is used by no share")


def _nobody_receives(agreement: Agreement, world: World) -> Iterator[CheckFault]:
    first = {share.event: at for at, share in reversed([*_shares(agreement)])}
    for event, at in sorted(first.items(), key=lambda each: each[1]):
        sent = {
            parts_of(name)[0]
            for share in agreement.shares
            if share.event == event
            for name in agreement.sent(share)
        }
        known = leaves(world.catalogue[event])
        unsent = [path for path in known if path not in sent and path not in agreement.never_send]
        if unsent:
            message = f"nobody receives these fields of {event}: {', '.join(unsent)}"
            yield CheckFault((*at, "event"), message)


def _shares(agreement: Agreement) -> Iterator[tuple[Place, Share]]:
    for index, share in enumerate(agreement.shares):
        yield ("shares", index), share
