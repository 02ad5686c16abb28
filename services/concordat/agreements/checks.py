"""What must hold between the parts of an agreement, beyond its shape."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain

from concordat.agreements.condition import fault_of
from concordat.agreements.document import Agreement, Share
from concordat.agreements.parties import Agency, Controller
from concordat_events.fields import Data
from concordat_events.leaves import Leaf, leaves

Place = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class World:
    """What an agreement may speak of: event types, agencies, controllers."""

    catalogue: Mapping[str, type[Data]]
    agencies: Mapping[str, Agency] | None = None
    controllers: Mapping[str, Controller] | None = None


@dataclass(frozen=True, slots=True)
class CheckFault:
    """Where in the document (keys and indexes), and one plain sentence."""

    path: Place
    message: str


def check_agreement(agreement: Agreement, world: World) -> list[CheckFault]:
    """Return every fault of `agreement` in `world`; an empty list means that it can be signed."""
    return list(
        chain(
            _dates(agreement),
            _parties(agreement, world),
            _share_ids(agreement),
            _never_sent(agreement, world),
            *(
                _share(agreement, share, index, world)
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


def _share(agreement: Agreement, share: Share, index: int, world: World) -> Iterator[CheckFault]:
    at: Place = ("shares", index)
    yield from _ends(agreement, share, at)
    if share.law not in agreement.laws:
        yield CheckFault((*at, "law"), f"the law {share.law!r} is not defined in this agreement")
    model = world.catalogue.get(share.event)
    if model is None:
        yield CheckFault((*at, "event"), f"{share.event!r} is not a published event type")
        return
    known = leaves(model)
    for number, condition in enumerate(share.when):
        fault = _field_fault(condition.field, known) or fault_of(condition, known[condition.field])
        if fault:
            yield CheckFault((*at, "when", number), fault)
    yield from _sent(agreement, share, at, known)
    for number, path in enumerate(share.reveals):
        if path not in {condition.field for condition in share.when}:
            message = f"{path!r} is in no condition of this share, so it reveals nothing"
            yield CheckFault((*at, "reveals", number), message)


def _ends(agreement: Agreement, share: Share, at: Place) -> Iterator[CheckFault]:
    for number, agency in enumerate(share.from_):
        if agency not in agreement.parties:
            yield CheckFault((*at, "from", number), f"{agency!r} is not a party")
    for number, item in enumerate(share.to):
        if item.startswith("@") and item[1:] not in agreement.groups:
            yield CheckFault((*at, "to", number), f"the group {item[1:]!r} is not defined")
        elif not item.startswith("@") and item not in agreement.parties:
            yield CheckFault((*at, "to", number), f"{item!r} is not a party")


def _sent(
    agreement: Agreement, share: Share, at: Place, known: Mapping[str, Leaf]
) -> Iterator[CheckFault]:
    for number, item in enumerate(share.send):
        place = (*at, "send", number)
        if item.startswith("@") and item[1:] not in agreement.field_sets:
            yield CheckFault(place, f"the field set {item[1:]!r} is not defined")
            continue
        for path in agreement.field_sets[item[1:]] if item.startswith("@") else [item]:
            if fault := _grant_fault(agreement, path, known, sealed=False):
                yield CheckFault(place, fault)
    for number, path in enumerate(share.sealed):
        if fault := _grant_fault(agreement, path, known, sealed=True):
            yield CheckFault((*at, "sealed", number), fault)


def _grant_fault(
    agreement: Agreement, path: str, known: Mapping[str, Leaf], *, sealed: bool
) -> str | None:
    if fault := _field_fault(path, known):
        return fault
    if path in agreement.never_send:
        return f"{path!r} is sent here and stands under never_send"
    if known[path].sealed and not sealed:
        return f"{path!r} is sealed; name it under 'sealed', in full"
    if sealed and not known[path].sealed:
        return f"{path!r} is not a sealed field; name it under 'send'"
    return None


def _field_fault(path: str, known: Mapping[str, Leaf]) -> str | None:
    if path in known:
        return None
    if any(other.startswith((path + ".", path + "[]")) for other in known):
        return f"{path!r} is not a single field; name the fields inside it"
    return f"{path!r} is not a field of this event type"
