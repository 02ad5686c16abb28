"""A share was wrong: who got which fields by it, and who has collected them; no contents."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time

from concordat.agreements.day import LONDON
from concordat.agreements.document import Agreement
from concordat.postgres.delivered import DELIVERED, IN_ORDER, Delivered, delivered_of
from concordat.postgres.pool import Connection

_BY_SHARE = """
WHERE d.agreement = $1 AND $2 = ANY(string_to_array(d.shares, ',')) AND d.numbered_at >= $3
  AND ($4::integer IS NULL OR d.version = $4)
"""


@dataclass(frozen=True, slots=True)
class ImpactedDelivery:
    """One delivery by the share, and the fields that it would not have had without it.

    `exact` is false when the agreement's version is not known here: then `only` is all of it.
    """

    delivered: Delivered
    only: tuple[str, ...]
    exact: bool


@dataclass(frozen=True, slots=True)
class ImpactedAgency:
    """How many deliveries by the share one agency has, and what it did with them."""

    agency: str
    delivered: int
    collected: int
    acknowledged: int


@dataclass(frozen=True, slots=True)
class Impact:
    """Every delivery by one share since a day, in order, and what that comes to per agency."""

    agreement: str
    share: str
    since: date
    agencies: tuple[ImpactedAgency, ...]
    deliveries: tuple[ImpactedDelivery, ...]


async def read_impact(
    connection: Connection,
    agreement: str,
    share: str,
    since: date,
    *,
    version: int | None = None,
    versions: Mapping[int, Agreement] | None = None,
) -> Impact:
    """Return what `share` of `agreement` gave since the London day `since`; in any version or one.

    `versions` is the agreement as the register has it; without it no field can be told to be the
    share's alone.
    """
    start = datetime.combine(since, time.min, LONDON)
    rows = await connection.fetch(
        DELIVERED + _BY_SHARE + IN_ORDER, agreement, share, start, version
    )
    deliveries = tuple(map(delivered_of, rows))
    return Impact(
        agreement,
        share,
        since,
        tuple(_agencies(deliveries)),
        tuple(impacted(each, share, (versions or {}).get(each.version)) for each in deliveries),
    )


def impacted(delivered: Delivered, share: str, agreement: Agreement | None) -> ImpactedDelivery:
    """Return the delivery's fields that no other of its shares sends."""
    fields = delivered.fields or ()
    if agreement is None:
        return ImpactedDelivery(delivered, fields, exact=False)
    others = frozenset[str]().union(
        *(
            agreement.sent(each)
            for each in agreement.shares
            if each.id in delivered.shares and each.id != share
        )
    )
    only = tuple(name for name in fields if name not in others)
    return ImpactedDelivery(delivered, only, exact=delivered.fields is not None)


def _agencies(deliveries: Iterable[Delivered]) -> Iterable[ImpactedAgency]:
    by_agency: dict[str, list[Delivered]] = {}
    for each in deliveries:
        by_agency.setdefault(each.agency, []).append(each)
    for agency, theirs in sorted(by_agency.items()):
        yield ImpactedAgency(
            agency,
            len(theirs),
            sum(each.collected_at is not None for each in theirs),
            sum(each.acknowledged_at is not None for each in theirs),
        )
