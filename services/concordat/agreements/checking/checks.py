"""What must hold between the parts of an agreement, beyond its shape."""

from collections.abc import Iterator
from itertools import chain

from concordat.agreements.checking.share_checks import check_share, field_fault
from concordat.agreements.checking.world import CheckFault, World
from concordat.agreements.document import Agreement
from concordat.agreements.law import BASES, GATEWAYS
from concordat_events.leaves import leaves


def check_agreement(agreement: Agreement, world: World) -> list[CheckFault]:
    """Return every fault of `agreement` in `world`; an empty list means that it can be signed."""
    return list(
        chain(
            _dates(agreement),
            _parties(agreement, world),
            _retention(agreement),
            _laws(agreement),
            _unused_sets(agreement, world),
            _share_ids(agreement),
            _never_sent(agreement, world),
            *(
                check_share(agreement, share, ("shares", index), world)
                for index, share in enumerate(agreement.shares)
            ),
        )
    )


def _dates(agreement: Agreement) -> Iterator[CheckFault]:
    start, end = agreement.effective.from_, agreement.effective.until
    if end < start:
        yield CheckFault(("effective", "until"), "the agreement ends before it starts")
    if agreement.review_by > end:
        yield CheckFault(("review_by",), "the review is due after the agreement has ended")
    if agreement.dpia.approved > start:
        yield CheckFault(("dpia", "approved"), "the DPIA was approved after the agreement started")


def _parties(agreement: Agreement, world: World) -> Iterator[CheckFault]:
    if world.controllers is not None and agreement.operator not in world.controllers:
        yield CheckFault(("operator",), f"{agreement.operator!r} is not a controller")
    for agency in agreement.parties:
        if world.agencies is not None and agency not in world.agencies:
            yield CheckFault(("parties", agency), f"{agency!r} is not a registered agency")
    for group, members in agreement.groups.items():
        for index, agency in enumerate(members):
            if agency not in agreement.parties:
                yield CheckFault(("groups", group, index), f"{agency!r} is not a party")
    for agency in agreement.undertakings:
        if agency not in agreement.parties:
            yield CheckFault(("undertakings", agency), f"{agency!r} is not a party")


def _retention(agreement: Agreement) -> Iterator[CheckFault]:
    reached = {agency for share in agreement.shares for agency in agreement.recipients(share)}
    for agency, party in agreement.parties.items():
        if agency in reached and party.keep_days is None:
            message = f"{agency!r} receives, and no keep_days says how long its copies are held"
            yield CheckFault(("parties", agency), message)


def _laws(agreement: Agreement) -> Iterator[CheckFault]:
    for name, law in agreement.laws.items():
        if law.gateway not in GATEWAYS:
            yield CheckFault(("laws", name, "gateway"), f"{law.gateway!r} is not a known gateway")
        for side in ("publisher_basis", "recipient_basis"):
            for index, code in enumerate(getattr(law, side)):
                if code not in BASES:
                    message = f"{code!r} is not a known lawful basis"
                    yield CheckFault(("laws", name, side, index), message)


def _unused_sets(agreement: Agreement, world: World) -> Iterator[CheckFault]:
    """A set that a share uses is checked there; of another no field may be unknown either."""
    used = {item for share in agreement.shares for item in share.send if isinstance(item, str)}
    models = {world.catalogue.get(share.event) for share in agreement.shares} - {None}
    known = {path: leaf for model in models if model for path, leaf in leaves(model).items()}
    for name, paths in agreement.field_sets.items():
        if f"@{name}" in used or not known:
            continue
        for index, path in enumerate(paths):
            if fault := field_fault(path, known):
                yield CheckFault(("field_sets", name, index), fault)


def _share_ids(agreement: Agreement) -> Iterator[CheckFault]:
    seen: set[str] = set()
    for index, share in enumerate(agreement.shares):
        if share.id in seen:
            yield CheckFault(("shares", index, "id"), f"the share {share.id!r} stands twice")
        seen.add(share.id)


def _never_sent(agreement: Agreement, world: World) -> Iterator[CheckFault]:
    models = {world.catalogue.get(share.event) for share in agreement.shares} - {None}
    known = {path for model in models if model for path in leaves(model)}
    for index, path in enumerate(agreement.never_send):
        if models and path not in known:
            message = f"{path!r} is not a field of any event type that this agreement shares"
            yield CheckFault(("never_send", index), message)
