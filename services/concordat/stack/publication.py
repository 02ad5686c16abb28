"""What the register lacks of what the contracts folder says: the entries to write, in order."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from concordat.agreements.entries import (
    Entry,
    agency_entry,
    agreement_entry,
    controller_entry,
    signature_entry,
)
from concordat.agreements.parties import Controller
from concordat.agreements.register import Register
from concordat.agreements.signature import sign
from concordat.kafka.register_log import RegisterRecord
from concordat.stack.contracts import Contracts
from concordat.stack.development_keys import DevelopmentKeys, public_key

# Listed as a party, has not signed: nothing flows to it, and the summary says why.
NOT_SIGNED = frozenset({"telford-and-wrekin-council"})


@dataclass(slots=True)
class Publication:
    """`records` are those that the register will take; `conflicts` say what it will not."""

    records: list[RegisterRecord] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)


def plan_publication(
    contracts: Contracts, register: Register, now: datetime, keys: DevelopmentKeys | None = None
) -> Publication:
    """Compare the folder with `register`: who, then what, then signatures.

    A controller whose keys differ gets its next revision. With `keys`, a development stack's,
    every controller that signs has one of them and signs with it. What is registered stands.
    """
    return _Planner(contracts, replace(register), now, keys).plan()


@dataclass(slots=True)
class _Planner:
    contracts: Contracts
    trial: Register
    now: datetime
    keys: DevelopmentKeys | None
    publication: Publication = field(default_factory=Publication)

    def plan(self) -> Publication:
        for entries in (
            self._controllers(),
            self._agencies(),
            self._agreements(),
            self._signature_files(),
            self._development_signatures(),
        ):
            for entry in entries:  # each is made when the ones before it have been taken
                self._try(entry)
        return self.publication

    def _try(self, entry: Entry) -> None:
        key, value = entry
        if self.trial.apply(key, value, offset=self.trial.next_offset, recorded_at=self.now):
            self.publication.records.append(RegisterRecord(key, value))
        else:
            self._conflict(key, self.trial.refused[-1].why)

    def _conflict(self, key: str, why: str) -> None:
        self.publication.conflicts.append(f"{key}: {why}")

    def _controllers(self) -> Iterator[Entry]:
        for controller in self.contracts.controllers.values():
            known = self.trial.controllers.get(controller.id)
            wanted = self._with_development_key(controller)
            if known is None:
                yield controller_entry(wanted)
            elif _sorted(known) != _sorted(wanted):
                yield controller_entry(wanted, self.trial.revisions[controller.id] + 1)

    def _with_development_key(self, controller: Controller) -> Controller:
        if self.keys is None:
            return controller
        own = public_key(self.keys.controller(controller.id))
        return controller.model_copy(update={"keys": [*controller.keys, own]})

    def _agencies(self) -> Iterator[Entry]:
        for agency in self.contracts.agencies.values():
            known = self.trial.agencies.get(agency.id)
            if known is None:
                yield agency_entry(agency)
            elif known != agency:
                self._conflict(f"agency/{agency.id}", "is registered otherwise, and that stands")

    def _agreements(self) -> Iterator[Entry]:
        for agreement in self.contracts.agreements:
            known = self.trial.agreements.get(agreement.id, {}).get(agreement.version)
            key, value = agreement_entry(agreement)
            if known is None:
                yield key, value
            elif known.digest() != agreement.digest():
                self._conflict(key, "is registered with other content: give it a new version")

    def _signature_files(self) -> Iterator[Entry]:
        for file in self.contracts.signatures:
            if self._signed(file.agreement, file.version, file.controller):
                continue
            known = self.trial.agreements.get(file.agreement, {}).get(file.version)
            entry = signature_entry(file.agreement, file.version, file.controller, file.signature)
            if known is not None and known.digest() != file.digest:
                self._conflict(entry[0], "signs other content than is registered")
            else:
                yield entry

    def _development_signatures(self) -> Iterator[Entry]:
        if self.keys is None:
            return
        for agreement in self.contracts.agreements:
            known = self.trial.agreements.get(agreement.id, {}).get(agreement.version)
            if known is None or known.digest() != agreement.digest():
                continue
            for controller in sorted(self.trial.signers_of(agreement) - NOT_SIGNED):
                if not self._signed(agreement.id, agreement.version, controller):
                    jws = sign(agreement.canonical(), self.keys.controller(controller))
                    yield signature_entry(agreement.id, agreement.version, controller, jws)

    def _signed(self, agreement: str, version: int, controller: str) -> bool:
        return (agreement, version, controller) in self.trial.signatures


def _sorted(controller: Controller) -> Controller:
    """The order of its keys says nothing."""
    keys = sorted(controller.keys, key=lambda key: key.kid)
    return controller.model_copy(update={"keys": keys})
