"""What the register lacks of the contracts folder is written; what is registered stands."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import OKPKey

from builders import NOW, Exchange, agreement_of, key_of, public
from concordat.agreements.document import Agreement
from concordat.agreements.parties import Document
from concordat.agreements.register import Register
from concordat.agreements.signature import sign
from concordat.agreements.signing import SignatureFile
from concordat.stack.contracts import ContractFaults, Contracts, load_contracts
from concordat.stack.development_keys import DevelopmentKeys
from concordat.stack.publication import Publication, plan_publication
from concordat.stack.state_directory import StateDirectory

FIRST = agreement_of()


class Folder:
    """A contracts folder as values, whose controllers hold keys of their own."""

    def __init__(self) -> None:
        known = Exchange().keeper.register
        self.keys = {name: key_of(name) for name in known.controllers}
        self.contracts = Contracts(
            {
                name: each.model_copy(update={"keys": [public(self.keys[name])]})
                for name, each in known.controllers.items()
            },
            dict(known.agencies),
            [FIRST],
            [],
        )

    def with_agreements(self, *agreements: Agreement) -> Contracts:
        return replace(self.contracts, agreements=list(agreements))

    def signed(self, agreement: Agreement, signers: Iterable[str], **changes: Any) -> Contracts:
        files = [
            SignatureFile.model_validate(
                {
                    "schema": "concordat/signature/v1",
                    "agreement": agreement.id,
                    "version": agreement.version,
                    "digest": agreement.digest(),
                    "controller": controller,
                    "signature": sign(agreement.canonical(), self.keys[controller]),
                    **changes,
                }
            )
            for controller in signers
        ]
        return replace(self.contracts, signatures=files)

    def revised(self, **changes: Any) -> Contracts:
        """The folder in which the council's file is another."""
        council = self.contracts.controllers["council"].model_copy(update=changes)
        return replace(
            self.contracts, controllers={**self.contracts.controllers, "council": council}
        )


def _applied(plan: Publication, register: Register | None = None) -> Register:
    register = register or Register()
    for record in plan.records:
        offset = register.next_offset
        assert register.apply(record.key, record.value, offset=offset, recorded_at=NOW)
    return register


def _registered(contracts: Contracts) -> Register:
    return _applied(plan_publication(contracts, Register(), NOW))


def _keys(plan: Publication) -> list[str]:
    return [record.key for record in plan.records]


def test_an_empty_register_gets_everything_and_then_nothing_more() -> None:
    folder = Folder()
    contracts = folder.signed(FIRST, ["council", "police-authority"])
    plan = plan_publication(contracts, Register(), NOW)
    assert plan.conflicts == []
    register = _applied(plan)
    assert register.signatures == {
        ("test-agreement", 1, "council"),
        ("test-agreement", 1, "police-authority"),
    }
    again = plan_publication(contracts, register, NOW)
    assert (again.records, again.conflicts) == ([], [])


def test_planning_changes_no_register() -> None:
    register = Register()
    plan_publication(Folder().contracts, register, NOW)
    assert register == Register()


def test_a_new_version_and_late_signatures_are_appended() -> None:
    folder = Folder()
    register = _registered(folder.contracts)
    second = agreement_of(version=2)
    plan = plan_publication(folder.with_agreements(FIRST, second), register, NOW)
    assert _keys(plan) == ["agreement/test-agreement/2"]
    plan = plan_publication(folder.signed(FIRST, ["charity"]), register, NOW)
    assert _keys(plan) == ["signature/test-agreement/1/charity"]


def test_a_controller_whose_keys_differ_gets_its_next_revision() -> None:
    folder = Folder()
    register = _registered(folder.contracts)
    (old,) = folder.contracts.controllers["council"].keys
    new = public(OKPKey.generate_key("Ed25519", {"kid": "council-2"}))
    for number, keys in ((2, [old, new]), (3, [old.model_copy(update={"revoked_at": NOW}), new])):
        plan = plan_publication(folder.revised(keys=keys), register, NOW)
        assert _keys(plan) == [f"controller/council/{number}"]
        _applied(plan, register)
        assert register.controllers["council"].keys == keys
    reordered = plan_publication(folder.revised(keys=keys[::-1]), register, NOW)
    assert (reordered.records, reordered.conflicts) == ([], [])


def test_what_a_revision_may_not_do_is_named_and_not_written() -> None:
    folder = Folder()
    register = _registered(folder.contracts)
    plan = plan_publication(folder.revised(keys=[]), register, NOW)
    assert plan.records == []
    assert plan.conflicts == [
        "controller/council/2: a revision may end or revoke a key, not drop, change or revive one"
    ]


def test_what_is_registered_otherwise_stands_and_is_named() -> None:
    folder = Folder()
    register = _registered(folder.contracts)
    changed = replace(
        folder.with_agreements(agreement_of(title="Another title")),
        agencies={
            **folder.contracts.agencies,
            "police": folder.contracts.agencies["police"].model_copy(update={"name": "Others"}),
        },
    )
    plan = plan_publication(changed, register, NOW)
    assert plan.records == []
    assert plan.conflicts == [
        "agency/police: is registered otherwise, and that stands",
        "agreement/test-agreement/1: is registered with other content: give it a new version",
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"digest": "0" * 64}, "signs other content than is registered"),
        ({"version": 2}, "a signature of an unknown agreement or version"),
        (
            {"signature": "a..b"},
            "the signature does not verify with a key that counts at that moment",
        ),
    ],
)
def test_a_signature_file_that_the_register_would_refuse_is_not_written(
    changes: dict[str, Any], why: str
) -> None:
    folder = Folder()
    register = _registered(folder.contracts)
    plan = plan_publication(folder.signed(FIRST, ["council"], **changes), register, NOW)
    assert plan.records == []
    ((conflict),) = plan.conflicts
    assert conflict.endswith(why)


def test_development_keys_sign_everything_but_what_others_are_to_sign(tmp_path: Path) -> None:
    folder = Folder()
    keys = DevelopmentKeys(StateDirectory(tmp_path / "state"))
    contracts = folder.signed(FIRST, ["charity"])
    plan = plan_publication(contracts, Register(), NOW, keys)
    register = _applied(plan)
    kids = {
        controller: register.admitted[f"signature/test-agreement/1/{controller}"].kid
        for controller in folder.keys
    }
    assert kids == {
        "charity": "charity-1",
        "council": "council-development",
        "police-authority": "police-authority-development",
    }
    assert plan_publication(contracts, register, NOW, keys).records == []


def test_a_key_that_has_ended_signs_nothing_that_is_published_today() -> None:
    folder = Folder()
    (key,) = folder.contracts.controllers["council"].keys
    ended = key.model_copy(update={"valid_until": date(2026, 11, 21)})
    contracts = replace(
        folder.revised(keys=[ended]), signatures=folder.signed(FIRST, ["council"]).signatures
    )
    plan = plan_publication(contracts, Register(), NOW)
    assert "signature/test-agreement/1/council" not in _keys(plan)
    assert len(plan.conflicts) == 1
    earlier = plan_publication(contracts, Register(), datetime(2026, 11, 21, tzinfo=UTC))
    assert earlier.conflicts == []


def _write_folder(folder: Path, *agreements: tuple[str, Agreement]) -> None:
    known = Folder().contracts
    for kind in ("controllers", "agencies", "agreements", "signatures"):
        (folder / kind).mkdir(parents=True)
    parties: dict[str, Mapping[str, Document]]
    parties = {"controllers": known.controllers, "agencies": known.agencies}
    for kind, named in parties.items():
        for name, party in named.items():
            (folder / kind / f"{name}.yaml").write_text(party.model_dump_json(exclude_none=True))
    for name, agreement in agreements:
        (folder / "agreements" / name).write_bytes(agreement.canonical())


def test_two_versions_of_an_agreement_stand_beside_each_other(tmp_path: Path) -> None:
    second = agreement_of(version=2)
    _write_folder(tmp_path, ("test-agreement.yaml", FIRST), ("test-agreement.v2.yaml", second))
    found = load_contracts(tmp_path).agreements
    assert {agreement.version for agreement in found} == {1, 2}


def test_a_version_stands_in_one_file_only(tmp_path: Path) -> None:
    _write_folder(tmp_path, ("test-agreement.yaml", FIRST), ("test-agreement.v1.yaml", FIRST))
    with pytest.raises(ContractFaults, match="is of the same thing as agreements/test-agreement"):
        load_contracts(tmp_path)


def test_signature_files_are_read_and_a_broken_one_is_a_fault(tmp_path: Path) -> None:
    _write_folder(tmp_path, ("test-agreement.yaml", FIRST))
    (signature,) = Folder().signed(FIRST, ["council"]).signatures
    file = tmp_path / "signatures" / "test-agreement.v1.council.json"
    file.write_text(signature.model_dump_json())
    assert load_contracts(tmp_path).signatures == [signature]
    file.write_text(json.dumps({"signature": "x"}))
    with pytest.raises(ContractFaults, match="is no signature file: 5 faults of form"):
        load_contracts(tmp_path)
