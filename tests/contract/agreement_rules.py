"""Questions to agreements that only these ones are asked: who is sent what, and how."""

from collections.abc import Iterable, Mapping

from concordat.agreements.document import Agreement


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
