"""What an agreement must hold beyond its grammar: law for what is sensitive, and no empty words."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from concordat.agreements.coarsening import parts_of
from concordat.agreements.document import Agreement, ByIdentifier, Share
from concordat.agreements.law import covers
from concordat_events.catalogue import CATALOGUE
from concordat_events.fields import Sensitivity
from concordat_events.leaves import leaves


def without_law(agreement: Agreement) -> list[str]:
    """Shares that send a field whose mark the basis of one of the two sides does not cover."""
    return [share.id for share in agreement.shares if not _covered(agreement, share)]


def unsaid(agreement: Agreement) -> list[str]:
    """`share: field` where a delivery gives a condition away without sending or revealing it."""
    return [
        f"{share.id}: {path}"
        for share in agreement.shares
        for path in _looked_at(share)
        if path not in {*agreement.sent(share), *share.reveals}
    ]


def unused(agreement: Agreement) -> list[str]:
    """Laws, groups, field sets and parties that no share uses; bans on fields nobody has."""
    shares = agreement.shares
    said = set(chain.from_iterable(_sets_named(share) for share in shares))
    acting = set(chain.from_iterable(_ends(agreement, share) for share in shares))
    fields = set(chain.from_iterable(leaves(CATALOGUE[share.event]) for share in shares))
    return [
        *sorted(agreement.laws.keys() - {share.law for share in shares}),
        *(name for name in (*agreement.groups, *agreement.field_sets) if name not in said),
        *(party for party in agreement.parties if party not in acting),
        *(path for path in agreement.never_send if path not in fields),
    ]


def sends_to(agreement: Agreement, agency: str, event_type: str) -> frozenset[str]:
    """Every field of a type that any share could send to `agency`, coarsened ones by that name."""
    return frozenset().union(
        *(
            agreement.sent(share)
            for share in agreement.shares
            if share.event == event_type and agency in agreement.recipients(share)
        )
    )


def recipients_of(agreements: Iterable[Agreement], event_type: str) -> set[str]:
    """Every agency that any share of any of the agreements could send this type to."""
    return {
        agency
        for agreement in agreements
        for share in agreement.shares
        if share.event == event_type
        for agency in agreement.recipients(share)
    }


def ways_to(agreements: Iterable[Agreement], agency: str) -> list[str]:
    """`agreement: share` of every share that could send `agency` anything, also a signal."""
    return [
        f"{agreement.id}: {share.id}"
        for agreement in agreements
        for share in agreement.shares
        if agency in agreement.recipients(share)
    ]


def beyond_gateway(agreement: Agreement, gateway: str, allowed: Iterable[str]) -> list[str]:
    """`share: agency` where a gateway is used towards an agency it does not run to."""
    return [
        f"{share.id}: {agency}"
        for share in agreement.shares
        if agreement.laws[share.law].gateway == gateway
        for agency in agreement.recipients(share)
        if agency not in allowed
    ]


def unmet_values(agreement: Agreement, known: Mapping[str, frozenset[str]]) -> list[str]:
    """`share: value` where a condition asks `known` fields for a value they never have."""
    return [
        f"{share.id}: {value}"
        for share in agreement.shares
        for condition in share.when
        if condition.field in known
        for value in condition.in_ or (condition.is_,)
        if value not in known[condition.field]
    ]


def _covered(agreement: Agreement, share: Share) -> bool:
    law, known = agreement.laws[share.law], leaves(CATALOGUE[share.event])
    marks: set[Sensitivity] = {
        known[parts_of(name)[0]].sensitivity for name in agreement.sent(share)
    }
    return all(
        covers(basis, mark)
        for basis in (law.publisher_basis, law.recipient_basis)
        for mark in marks
    )


def _looked_at(share: Share) -> Iterator[str]:
    yield from (condition.field for condition in share.when)
    yield from (item.is_ for item in share.to if isinstance(item, ByIdentifier))


def _sets_named(share: Share) -> Iterator[str]:
    for item in (*share.to, *share.send):
        if isinstance(item, ByIdentifier):
            yield item.group
        elif isinstance(item, str) and item.startswith("@"):
            yield item[1:]


def _ends(agreement: Agreement, share: Share) -> tuple[str, ...]:
    return (*share.from_, *share.requires, *agreement.recipients(share))
