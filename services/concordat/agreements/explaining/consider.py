"""Everything that one agreement says to one event and one recipient, whether or not it counts."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from concordat.agreements.condition import compile_test
from concordat.agreements.document import Agreement, ByIdentifier, Condition, Share
from concordat.agreements.explaining.explanation import (
    AddressConsidered,
    AgreementConsidered,
    ConditionConsidered,
    Identifier,
    ShareConsidered,
    Verdict,
)
from concordat.agreements.reason import Reason
from concordat.agreements.register import Register
from concordat.agreements.standing import version_for, why_not, why_not_share
from concordat_events.leaves import Leaf

_VERDICTS = {True: Verdict.HOLDS, False: Verdict.DOES_NOT_HOLD, None: Verdict.FIELD_UNKNOWN}


@dataclass(frozen=True, slots=True)
class Question:
    """One event of one publisher on one day, asked of a register.

    `facts` is the event as its plan decodes it; `known` are the leaves of its type.
    """

    register: Register
    event_type: str
    publisher: str
    day: date
    known: Mapping[str, Leaf]
    facts: Any

    def consider(self, agreement_id: str, agency: str) -> AgreementConsidered:
        """Return the version that counts for the publisher, its standing, and each share of it."""
        version = version_for(self.register, agreement_id, self.publisher, self.day)
        reason = why_not(self.register, agreement_id, self.publisher, agency, self.day)
        shares: tuple[ShareConsidered, ...] = ()
        if version is not None:
            agreement = self.register.agreements[agreement_id][version]
            shares = tuple(
                self._share(agreement, share, agency)
                for share in agreement.shares
                if self._names(agreement, share, agency)
            )
            if not shares:
                reason = reason or Reason.NOT_NAMED
        because = reason.sentence if reason else None
        return AgreementConsidered(agreement_id, version, reason, because, shares)

    def _names(self, agreement: Agreement, share: Share, agency: str) -> bool:
        concerns = share.event == self.event_type and self.publisher in share.from_
        return concerns and agency in agreement.recipients(share)

    def _share(self, agreement: Agreement, share: Share, agency: str) -> ShareConsidered:
        address = self._address(agreement.addressed(share)[agency], agency)
        conditions = tuple(map(self._condition, share.when))
        failed = why_not_share(self.register, agreement, share), None
        reason, field = next(
            (each for each in (failed, *_failures(address, conditions)) if each[0]), (None, None)
        )
        return ShareConsidered(
            share=share.id,
            law=share.law,
            sends=tuple(sorted(agreement.sent(share))),
            address=address,
            conditions=conditions,
            reason=reason,
            because=reason.sentence if reason else None,
            field=field,
        )

    def _address(
        self, alternatives: tuple[ByIdentifier, ...], agency: str
    ) -> AddressConsidered | None:
        """Whether any alternative picks the agency; None: it is named outright."""
        if not alternatives:
            return None
        registered = self.register.agencies.get(agency)
        own = registered.identifiers if registered else None
        values = [self._value(each.is_) for each in alternatives]
        picked: bool | None = None
        if any(value is not None for value in values):
            identifiers = [getattr(own, each.whose, None) for each in alternatives]
            pairs = zip(values, identifiers, strict=True)
            picked = any(value is not None and value == identifier for value, identifier in pairs)
        return AddressConsidered(
            tuple(Identifier(each.group, each.whose, each.is_) for each in alternatives),
            _VERDICTS[picked],
        )

    def _condition(self, condition: Condition) -> ConditionConsidered:
        name, operand = condition.test
        test = compile_test(condition, self.known[condition.field])
        verdict = _VERDICTS[test(self._value(condition.field))]
        return ConditionConsidered(condition.field, name.removesuffix("_"), operand, verdict)

    def _value(self, path: str) -> Any:
        """The decoded value; None when it is missing anywhere on its way."""
        value = self.facts
        for step in path.split("."):
            value = None if value is None else getattr(value, step)
        return value


def _failures(
    address: AddressConsidered | None, conditions: tuple[ConditionConsidered, ...]
) -> Iterator[tuple[Reason, str]]:
    """What does not hold, in the order in which it is asked."""
    asked = [(each.field, each.verdict, Reason.CONDITION_FALSE) for each in conditions]
    if address:
        asked.insert(0, (address.identifiers[0].field, address.verdict, Reason.NOT_ADDRESSED))
    for field, verdict, otherwise in asked:
        if verdict is Verdict.FIELD_UNKNOWN:
            yield Reason.FIELD_UNKNOWN, field
        elif verdict is Verdict.DOES_NOT_HOLD:
            yield otherwise, field
