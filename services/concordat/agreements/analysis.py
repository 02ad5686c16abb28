"""Questions over many agreements as they are written, whoever has signed: who may see what."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from concordat.agreements.coarsening import parts_of
from concordat.agreements.document import Agreement, ByIdentifier, Share
from concordat_events.fields import Data
from concordat_events.leaves import Leaf, leaves


@dataclass(frozen=True, slots=True)
class Permission:
    """What one share lets one publisher's events tell one recipient, under its conditions.

    `addresses`: when not empty, only events that pick the recipient by one of these identifiers.
    `names`: the sent fields, as `Agreement.sent` calls them.
    """

    agreement: Agreement
    share: Share
    publisher: str
    recipient: str
    addresses: tuple[ByIdentifier, ...]
    names: frozenset[str]

    def as_json(self) -> dict[str, Any]:
        """Return plain data: whose, under what, when. The fields are not in it."""
        return {
            "recipient": self.recipient,
            "publisher": self.publisher,
            "agreement": self.agreement.id,
            "version": self.agreement.version,
            "share": self.share.id,
            "law": self.share.law,
            "when": [
                each.model_dump(mode="json", by_alias=True, exclude_none=True)
                for each in self.share.when
            ],
            "only_if": [each.model_dump(mode="json", by_alias=True) for each in self.addresses],
        }


@dataclass(frozen=True, slots=True)
class Sight:
    """One recipient of a field, whole or coarsened (`name` says which)."""

    name: str
    permission: Permission


@dataclass(frozen=True, slots=True)
class FieldSeen:
    """A published field and everybody who may receive it; `sights` is empty when nobody may.

    `told`: permissions that do not send it, but whose mere delivery tells something of it, because
    a condition looks at it or it picks the recipient.
    """

    event: str
    leaf: Leaf
    sights: tuple[Sight, ...]
    told: tuple[Permission, ...]


@dataclass(frozen=True, slots=True)
class FieldGap:
    """A published field that nobody receives whole.

    `coarsened`: what is sent of it all the same. `asked`: a condition looks at it, or it picks a
    recipient. `forbidden`: the agreements that name it under never_send.
    """

    leaf: Leaf
    coarsened: tuple[str, ...]
    asked: bool
    forbidden: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TypeGaps:
    """An event type and its fields that nobody receives; `shared`: somebody receives events."""

    event: str
    shared: bool
    fields: tuple[FieldGap, ...]


def permissions(agreements: Iterable[Agreement]) -> Iterator[Permission]:
    """Every permission of every share. Nobody is sent its own events."""
    for agreement in agreements:
        for share in agreement.shares:
            names = agreement.sent(share)
            for recipient, addresses in agreement.addressed(share).items():
                for publisher in dict.fromkeys(share.from_):
                    if publisher != recipient:
                        yield Permission(agreement, share, publisher, recipient, addresses, names)


def who_sees(
    agreements: Iterable[Agreement], field: str, catalogue: Mapping[str, type[Data]]
) -> list[FieldSeen]:
    """Every published field that is `field` or lies inside it, and who may receive it.

    Empty when no event type has such a field.
    """
    granted = list(permissions(agreements))
    return [
        FieldSeen(
            event,
            leaf,
            tuple(_sights(granted, event, leaf.path)),
            tuple(_told(granted, event, leaf.path)),
        )
        for event, model in catalogue.items()
        for leaf in leaves(model).values()
        if _is_in(leaf.path, field)
    ]


def receives(agreements: Iterable[Agreement], agency: str) -> list[Permission]:
    """Everything that `agency` may receive, by event type and publisher."""
    granted = [each for each in permissions(agreements) if each.recipient == agency]
    return sorted(granted, key=lambda each: (each.share.event, each.publisher))


def gaps(agreements: Iterable[Agreement], catalogue: Mapping[str, type[Data]]) -> list[TypeGaps]:
    """Per event type, the published fields that nobody receives; types without any left out."""
    known = list(agreements)
    found = [_type_gaps(known, event, model) for event, model in catalogue.items()]
    return [each for each in found if each.fields or not each.shared]


def published_fields(catalogue: Mapping[str, type[Data]]) -> list[str]:
    """Every field, and every part that fields lie in, of every event type; each once."""
    names: dict[str, None] = {}
    for model in catalogue.values():
        for path in leaves(model):
            steps = path.split(".")
            names |= {".".join(steps[:count]): None for count in range(1, len(steps) + 1)}
    return list(names)


def _sights(granted: list[Permission], event: str, path: str) -> Iterator[Sight]:
    for permission in granted:
        if permission.share.event == event:
            for name in sorted(permission.names):
                if parts_of(name)[0] == path:
                    yield Sight(name, permission)


def _told(granted: list[Permission], event: str, path: str) -> Iterator[Permission]:
    for permission in granted:
        sent = {parts_of(name)[0] for name in permission.names}
        if permission.share.event == event and path in set(_asked(permission)) - sent:
            yield permission


def _is_in(path: str, field: str) -> bool:
    whole = field.removesuffix("[]")
    return path == field or path.startswith((f"{whole}.", f"{whole}[]."))


def _type_gaps(agreements: list[Agreement], event: str, model: type[Data]) -> TypeGaps:
    granted = [each for each in permissions(agreements) if each.share.event == event]
    sent = {name for permission in granted for name in permission.names}
    asked = {path for each in granted for path in _asked(each)}
    concerned = [each for each in agreements if any(share.event == event for share in each.shares)]
    return TypeGaps(
        event,
        bool(granted),
        tuple(
            FieldGap(
                leaf,
                tuple(sorted(name for name in sent if parts_of(name)[0] == leaf.path)),
                leaf.path in asked,
                tuple(
                    f"{each.id} v{each.version}"
                    for each in concerned
                    if leaf.path in each.never_send
                ),
            )
            for leaf in leaves(model).values()
            if leaf.path not in sent
        ),
    )


def _asked(permission: Permission) -> Iterator[str]:
    yield from (condition.field for condition in permission.share.when)
    yield from (address.is_ for address in permission.addresses)
