"""What an agreement must hold beyond its grammar: law for what is sensitive, and no empty words."""

import re
from collections.abc import Iterable, Mapping
from itertools import chain

from concordat.agreements.document import Agreement, Law, Share
from concordat_events.catalogue import CATALOGUE
from concordat_events.fields import Sensitivity
from concordat_events.leaves import leaves

_ARTICLE = re.compile(r"gdpr-(9|10)-.+")
_SCHEDULE = re.compile(r".*dpa2018-sch1-[0-9]+")
_GRAVE = (Sensitivity.SPECIAL, Sensitivity.SEALED)


def without_law(agreement: Agreement) -> list[str]:
    """Shares that send special-category or criminal-offence data under a law without its basis."""
    return [
        share.id
        for share in agreement.shares
        if any(
            leaves(CATALOGUE[share.event])[path].sensitivity in _GRAVE
            for path in agreement.sent(share)
        )
        and not _covers(agreement.laws[share.law])
    ]


def unsaid(agreement: Agreement) -> list[str]:
    """`share: field` where a delivery gives a condition away without sending or revealing it."""
    return [
        f"{share.id}: {condition.field}"
        for share in agreement.shares
        for condition in share.when
        if condition.field not in {*agreement.sent(share), *share.reveals}
    ]


def unused(agreement: Agreement) -> list[str]:
    """Laws, groups, field sets and parties that no share uses; bans on fields nobody has."""
    shares = agreement.shares
    said = set(chain.from_iterable((*share.to, *share.send) for share in shares))
    acting = set(chain.from_iterable(_ends(agreement, share) for share in shares))
    fields = set(chain.from_iterable(leaves(CATALOGUE[share.event]) for share in shares))
    return [
        *sorted(agreement.laws.keys() - {share.law for share in shares}),
        *(name for name in (*agreement.groups, *agreement.field_sets) if f"@{name}" not in said),
        *(party for party in agreement.parties if party not in acting),
        *(path for path in agreement.never_send if path not in fields),
    ]


def sends_to(agreement: Agreement, agency: str, event_type: str) -> frozenset[str]:
    """Every field of a type that any share could send to `agency`."""
    return frozenset().union(
        *(
            agreement.sent(share)
            for share in agreement.shares
            if share.event == event_type and agency in agreement.recipients(share)
        )
    )


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


def _covers(law: Law) -> bool:
    return all(
        any(map(pattern.fullmatch, basis))
        for basis in (law.publisher_basis, law.recipient_basis)
        for pattern in (_ARTICLE, _SCHEDULE)
    )


def _ends(agreement: Agreement, share: Share) -> tuple[str, ...]:
    return (*share.from_, *agreement.recipients(share))
