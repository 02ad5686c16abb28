"""Everything that can be known before an event arrives, for one (type, publisher) and one day."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from concordat.agreements.condition import Test, compile_test
from concordat.agreements.decision import Grant, Withheld
from concordat.agreements.document import Agreement, ByIdentifier, Share
from concordat.agreements.parties import Agency
from concordat.agreements.reason import RANK, Reason
from concordat.agreements.register import Register
from concordat.agreements.standing import version_for, why_not, why_not_share
from concordat.agreements.view import View, reader
from concordat_events.fields import Data
from concordat_events.leaves import leaves

Getter = Callable[[Any], Any]
ClauseTest = tuple[Getter, Test, Withheld, Withheld]
"""Gets the value, tests it, and what to say when it is false, or unknown."""


@dataclass(frozen=True, slots=True)
class Clause:
    """A share in force for one recipient: its tests, and what to say when one fails."""

    share: Share
    tests: tuple[ClauseTest, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """The shares of one agreement under one law: they give one delivery with the union."""

    agency: str
    agreement: Agreement
    digest: str
    law: str
    clauses: tuple[Clause, ...]
    model: type[Data]
    grants: dict[tuple[str, ...], Grant]  # by the shares that held: few, made on first use

    def grant(self, shares: tuple[str, ...]) -> Grant:
        """The delivery permitted when exactly `shares` hold."""
        if shares not in self.grants:
            self.grants[shares] = self._make(shares)
        return self.grants[shares]

    def _make(self, shares: tuple[str, ...]) -> Grant:
        agreement, law = self.agreement, self.agreement.laws[self.law]
        sent = frozenset[str]().union(
            *(agreement.sent(clause.share) for clause in self.clauses if clause.share.id in shares)
        )
        hours = [
            clause.share.collect_within_hours
            for clause in self.clauses
            if clause.share.id in shares and clause.share.collect_within_hours is not None
        ]
        party = agreement.parties[self.agency]
        return Grant(
            agency=self.agency,
            agreement=agreement.id,
            version=agreement.version,
            digest=self.digest,
            law=self.law,
            shares=shares,
            view=View(self.model, sent),
            collect_within_hours=min(hours, default=None),
            purpose=agreement.purpose,
            gateway=law.gateway,
            lawful_basis=",".join(law.recipient_basis),
            onward=party.onward,
            keep_days=party.keep_days,
            withheld=",".join(
                leaf.path
                for leaf in leaves(self.model).values()
                if leaf.path not in sent and not leaf.sealed
            ),
        )


@dataclass(frozen=True, slots=True)
class Candidate:
    """One agency that some version of some agreement names: its groups, or why there are none."""

    agency: str
    groups: tuple[Group, ...]
    otherwise: Withheld
    denied: Withheld


@dataclass(frozen=True, slots=True)
class Plan:
    """`read` decodes the fields that conditions look at; nothing else is decoded to decide."""

    read: Callable[[Any], Any]
    candidates: tuple[Candidate, ...]


def make_plan(
    register: Register,
    named: Mapping[str, list[tuple[Agreement, Share]]],
    publisher: str,
    model: type[Data],
    day: date,
) -> Plan:
    """Compile the shares that `named` lists per recipient (all versions) for one day."""
    fields = {
        field
        for shares in named.values()
        for _, share in shares
        for field in _fields_looked_at(share)
    }
    read, getters = reader(model, fields)
    candidates = tuple(
        _candidate(register, agency, publisher, shares, model, getters, day)
        for agency, shares in sorted(named.items())
        if agency != publisher
    )
    return Plan(read, candidates)


def _fields_looked_at(share: Share) -> Iterator[str]:
    yield from (condition.field for condition in share.when)
    yield from (item.is_ for item in share.to if isinstance(item, ByIdentifier))


def _candidate(  # noqa: PLR0913 - one value each, all needed
    register: Register,
    agency: str,
    publisher: str,
    shares: list[tuple[Agreement, Share]],
    model: type[Data],
    getters: Mapping[str, Getter],
    day: date,
) -> Candidate:
    groups: list[Group] = []
    reasons: list[Withheld] = []
    for agreement_id in dict.fromkeys(agreement.id for agreement, _ in shares):
        version = version_for(register, agreement_id, publisher, day)
        if reason := why_not(register, agreement_id, publisher, agency, day):
            reasons.append(Withheld(agency, reason, agreement_id, version))
            continue
        ours = [
            (agreement, share)
            for agreement, share in shares
            if agreement.id == agreement_id and agreement.version == version
        ]
        if not ours:
            reasons.append(Withheld(agency, Reason.NOT_NAMED, agreement_id, version))
        standing = []
        for agreement, share in ours:
            if reason := why_not_share(register, agreement, share):
                reasons.append(Withheld(agency, reason, agreement_id, version, share.id))
            else:
                standing.append((agreement, share))
        compiler = _Compiler(agency, register.agencies.get(agency), model, getters)
        groups += _groups(compiler, standing)
    nearest = min(reasons, key=lambda each: RANK[each.reason], default=None)
    return Candidate(
        agency,
        tuple(groups),
        nearest or Withheld(agency, Reason.NOT_NAMED),
        Withheld(agency, Reason.DENIED_BY_PUBLISHER),
    )


def _groups(compiler: "_Compiler", shares: list[tuple[Agreement, Share]]) -> list[Group]:
    groups = []
    for law in dict.fromkeys(share.law for _, share in shares):
        agreement = shares[0][0]
        clauses = tuple(
            compiler.clause(agreement, share) for _, share in shares if share.law == law
        )
        groups.append(
            Group(compiler.agency, agreement, agreement.digest(), law, clauses, compiler.model, {})
        )
    return groups


@dataclass(frozen=True, slots=True)
class _Compiler:
    """Makes clauses for one recipient of one event type."""

    agency: str
    registered: Agency | None
    model: type[Data]
    getters: Mapping[str, Getter]

    def clause(self, agreement: Agreement, share: Share) -> Clause:
        def said(reason: Reason, path: str) -> Withheld:
            return Withheld(self.agency, reason, agreement.id, agreement.version, share.id, path)

        known = leaves(self.model)
        tests: list[ClauseTest] = []
        if addresses := agreement.addressed(share)[self.agency]:
            path = addresses[0].is_
            get, test = self._address(addresses)
            tests.append(
                (get, test, said(Reason.NOT_ADDRESSED, path), said(Reason.FIELD_UNKNOWN, path))
            )
        tests += (
            (
                self.getters[condition.field],
                compile_test(condition, known[condition.field]),
                said(Reason.CONDITION_FALSE, condition.field),
                said(Reason.FIELD_UNKNOWN, condition.field),
            )
            for condition in share.when
        )
        return Clause(share, tuple(tests))

    def _address(self, addresses: tuple[ByIdentifier, ...]) -> tuple[Getter, Test]:
        """Whether any of `addresses` picks this agency, by what it is registered as."""
        own = self.registered.identifiers if self.registered else None
        identifiers = [getattr(own, address.whose, None) for address in addresses]
        gets = [self.getters[address.is_] for address in addresses]

        def picks(values: list[Any]) -> bool | None:
            if all(value is None for value in values):
                return None
            return any(
                identifier is not None and value == identifier
                for value, identifier in zip(values, identifiers, strict=True)
            )

        return (lambda facts: [get(facts) for get in gets]), picks
