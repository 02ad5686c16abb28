"""How an agreement's shares reach their recipients, whatever has been signed."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from concordat.agreements.document import Agreement, ByIdentifier, Condition, Share
from concordat.agreements.parties import Agency


class Ends(NamedTuple):
    """Events of which type, from whom, to whom."""

    event_type: str
    publisher: str
    recipient: str


@dataclass(frozen=True, slots=True)
class Reach:
    """One share towards one recipient: what it sends when any of `alternatives` holds whole."""

    share: Share
    alternatives: tuple[tuple[Condition, ...], ...]
    names: frozenset[str]

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """Every condition that stands in any alternative."""
        return tuple(each for alternative in self.alternatives for each in alternative)


def reaches(agreement: Agreement, agencies: Mapping[str, Agency]) -> dict[Ends, list[Reach]]:
    """Return the shares by ends, each in the order of the document.

    A recipient addressed by an identifier that it has not got is not reached. Every agency
    addressed so must be among `agencies`; one that is not is a `KeyError`.
    """
    found: dict[Ends, list[Reach]] = {}
    for share in agreement.shares:
        names = agreement.sent(share)
        for recipient, addresses in agreement.addressed(share).items():
            alternatives = _alternatives(share, addresses, agencies, recipient)
            for publisher in dict.fromkeys(share.from_):
                if alternatives and publisher != recipient:
                    ends = Ends(share.event, publisher, recipient)
                    found.setdefault(ends, []).append(Reach(share, alternatives, names))
    return found


def _alternatives(
    share: Share,
    addresses: tuple[ByIdentifier, ...],
    agencies: Mapping[str, Agency],
    recipient: str,
) -> tuple[tuple[Condition, ...], ...]:
    if not addresses:
        return (tuple(share.when),)
    own = agencies[recipient].identifiers
    named = [(address.is_, getattr(own, address.whose, None)) for address in addresses]
    return tuple(
        (Condition.model_validate({"field": path, "is": identifier}), *share.when)
        for path, identifier in named
        if identifier is not None
    )
