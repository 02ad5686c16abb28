"""What must hold for one share: its ends, event, conditions, fields and law."""

from collections.abc import Iterator, Mapping

from concordat.agreements.checking.world import CheckFault, Place, World
from concordat.agreements.coarsening import fault_of_coarsening, parts_of
from concordat.agreements.comparison.region import impossible
from concordat.agreements.condition import fault_of
from concordat.agreements.document import Agreement, ByIdentifier, Coarsened, Share
from concordat.agreements.law import covers
from concordat_events.fields import Sensitivity
from concordat_events.leaves import Kind, Leaf, leaves

_MARKS = {
    Sensitivity.PERSONAL: "personal data",
    Sensitivity.SPECIAL: "special-category or criminal-offence data",
    Sensitivity.SEALED: "where somebody can be found or reached",
}


def check_share(
    agreement: Agreement, share: Share, at: Place, world: World
) -> Iterator[CheckFault]:
    """Yield every fault of one share, which stands at `at`."""
    yield from _ends(agreement, share, at)
    yield from _required(agreement, share, at)
    if share.law not in agreement.laws:
        yield CheckFault((*at, "law"), f"the law {share.law!r} is not defined in this agreement")
    model = world.catalogue.get(share.event)
    if model is None:
        yield CheckFault((*at, "event"), f"{share.event!r} is not a published event type")
        return
    known = leaves(model)
    yield from _conditions(agreement, share, at, known)
    yield from _identifiers(agreement, share, at, known, world)
    yield from _sent(agreement, share, at, known)
    yield from _revealed(share, at)
    yield from _basis(agreement, share, at, known)


def field_fault(path: str, known: Mapping[str, Leaf]) -> str | None:
    """Why `path` is not a field that an agreement can name, or None."""
    if path in known:
        return None
    if any(other.startswith((path + ".", path + "[]")) for other in known):
        return f"{path!r} is not a single field; name the fields inside it"
    return f"{path!r} is not a field of this event type"


def _ends(agreement: Agreement, share: Share, at: Place) -> Iterator[CheckFault]:
    for number, agency in enumerate(share.from_):
        if agency in share.from_[:number]:
            yield CheckFault((*at, "from", number), f"{agency!r} stands twice")
        if agency not in agreement.parties:
            yield CheckFault((*at, "from", number), f"{agency!r} is not a party")
    for number, item in enumerate(share.to):
        place = (*at, "to", number)
        group = item.group if isinstance(item, ByIdentifier) else item.removeprefix("@")
        if isinstance(item, ByIdentifier) or item.startswith("@"):
            if group not in agreement.groups:
                yield CheckFault(place, f"the group {group!r} is not defined")
        elif item not in agreement.parties:
            yield CheckFault(place, f"{item!r} is not a party")


def _required(agreement: Agreement, share: Share, at: Place) -> Iterator[CheckFault]:
    for number, agency in enumerate(share.requires):
        if agency not in agreement.parties:
            yield CheckFault((*at, "requires", number), f"{agency!r} is not a party")


def _conditions(
    agreement: Agreement, share: Share, at: Place, known: Mapping[str, Leaf]
) -> Iterator[CheckFault]:
    faults = [
        CheckFault((*at, "when", number), fault)
        for number, condition in enumerate(share.when)
        if (
            fault := field_fault(condition.field, known)
            or fault_of(condition, known[condition.field])
        )
    ]
    yield from faults
    yield from _told_by_conditions(agreement, share, at, known)
    if not faults and impossible(share.when, known):
        yield CheckFault((*at, "when"), "no event can meet all of these conditions")


def _told_by_conditions(
    agreement: Agreement, share: Share, at: Place, known: Mapping[str, Leaf]
) -> Iterator[CheckFault]:
    """A delivery tells that its conditions hold: as good as sending what they ask for."""
    sealed = {item.field if isinstance(item, Coarsened) else item for item in share.sealed}
    for number, condition in enumerate(share.when):
        path, place = condition.field, (*at, "when", number)
        if path in agreement.never_send:
            yield CheckFault(place, f"{path!r} stands under never_send, and this would tell of it")
        elif not condition.present and path not in sealed and _tells_where(known.get(path)):
            yield CheckFault(place, f"{path!r} is sealed; only 'present' may be asked of it")


def _identifiers(
    agreement: Agreement, share: Share, at: Place, known: Mapping[str, Leaf], world: World
) -> Iterator[CheckFault]:
    for number, item in enumerate(share.to):
        if not isinstance(item, ByIdentifier):
            continue
        place = (*at, "to", number)
        leaf = known.get(item.is_)
        if fault := field_fault(item.is_, known):
            yield CheckFault(place, fault)
        elif leaf and (leaf.many or "[]" in leaf.path or leaf.kind is not Kind.TEXT):
            yield CheckFault(place, f"{item.is_!r} is not one text, so it can pick nobody")
        yield from _members(agreement, item, place, world)


def _members(
    agreement: Agreement, item: ByIdentifier, place: Place, world: World
) -> Iterator[CheckFault]:
    """Each member must have the identifier, and no two the same: one event, one of them."""
    holders: dict[str, str] = {}
    for agency in dict.fromkeys(agreement.groups.get(item.group, [])):
        registered = (world.agencies or {}).get(agency)
        if registered is None:
            continue
        identifier = getattr(registered.identifiers, item.whose, None)
        if identifier is None:
            message = f"{agency!r} has no registered {item.whose}, so nothing can pick it"
            yield CheckFault(place, message)
        elif identifier in holders:
            message = f"{agency!r} and {holders[identifier]!r} have the same {item.whose}"
            yield CheckFault(place, message)
        else:
            holders[identifier] = agency


def _sent(
    agreement: Agreement, share: Share, at: Place, known: Mapping[str, Leaf]
) -> Iterator[CheckFault]:
    for number, item in enumerate(share.send):
        place = (*at, "send", number)
        if isinstance(item, Coarsened) or not item.startswith("@"):
            named: list[str | Coarsened] = [item]
        elif item[1:] in agreement.field_sets:
            named = [*agreement.field_sets[item[1:]]]
        else:
            yield CheckFault(place, f"the field set {item[1:]!r} is not defined")
            continue
        for each in named:
            if fault := _grant_fault(agreement, each, known, sealed=False):
                yield CheckFault(place, fault)
    for number, item in enumerate(share.sealed):
        if fault := _grant_fault(agreement, item, known, sealed=True):
            yield CheckFault((*at, "sealed", number), fault)


def _grant_fault(
    agreement: Agreement, item: str | Coarsened, known: Mapping[str, Leaf], *, sealed: bool
) -> str | None:
    path = item.field if isinstance(item, Coarsened) else item
    if fault := field_fault(path, known):
        return fault
    if path in agreement.never_send:
        return f"{path!r} is sent here and stands under never_send"
    if known[path].sealed and not sealed:
        return f"{path!r} is sealed; name it under 'sealed', in full"
    if sealed and not known[path].sealed:
        return f"{path!r} is not a sealed field; name it under 'send'"
    if not isinstance(item, Coarsened):
        return None
    sent = path + item.as_.suffix
    if any(other == sent or other.startswith((sent + ".", sent + "[]")) for other in known):
        return f"{sent!r} is a field already, so {path!r} cannot be sent so"
    return fault_of_coarsening(item.as_, known[path])


def _revealed(share: Share, at: Place) -> Iterator[CheckFault]:
    looked_at = {condition.field for condition in share.when}
    looked_at |= {item.is_ for item in share.to if isinstance(item, ByIdentifier)}
    for number, path in enumerate(share.reveals):
        if path not in looked_at:
            message = f"{path!r} is in no condition of this share, so it reveals nothing"
            yield CheckFault((*at, "reveals", number), message)


def _basis(
    agreement: Agreement, share: Share, at: Place, known: Mapping[str, Leaf]
) -> Iterator[CheckFault]:
    """Both sides need a basis for the mark of every field they send, receive or give away."""
    law = agreement.laws.get(share.law)
    if law is None:
        return
    given = {parts_of(name)[0] for name in agreement.sent(share)} | set(share.reveals)
    given |= {condition.field for condition in share.when}
    for side, basis in (
        ("publisher", law.publisher_basis),
        ("recipient", law.recipient_basis),
    ):
        for mark, words in _MARKS.items():
            fields = sorted(path for path in given & known.keys() if _asks(known[path], mark))
            if fields and not covers(basis, mark):
                message = f"the {side}'s basis under {share.law!r} does not cover {words}: "
                yield CheckFault((*at, "law"), message + ", ".join(fields))


def _tells_where(leaf: Leaf | None) -> bool:
    """A code says of what kind a place is; any other value of a sealed field says where it is."""
    return leaf is not None and leaf.sealed and leaf.kind is not Kind.CODE


def _asks(leaf: Leaf, mark: Sensitivity) -> bool:
    """Whether a field asks for what `mark` asks for: all personal data, for an ordinary basis."""
    personal = mark is Sensitivity.PERSONAL and leaf.sensitivity is not Sensitivity.NONE
    return personal or leaf.sensitivity is mark
