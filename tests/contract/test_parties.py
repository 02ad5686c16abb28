from collections import Counter
from collections.abc import Iterable, Mapping

import pytest

from concordat.agreements.parties import Agency, Identifiers
from concordat.runtime.settings import CONTRACTS
from concordat.stack.publication import NOT_SIGNED
from contract.folder import contracts


def _without_controller(agencies: Iterable[Agency], controllers: Iterable[str]) -> list[str]:
    return sorted(each.id for each in agencies if each.controller not in set(controllers))


def _without_agency(agencies: Iterable[Agency], controllers: Iterable[str]) -> list[str]:
    return sorted(set(controllers) - {each.controller for each in agencies})


def _outside(agencies: Iterable[str], agreements: Iterable[Iterable[str]]) -> list[str]:
    return sorted(set(agencies).difference(*map(set, agreements)))


def _misnamed(ids: Mapping[str, str]) -> list[str]:
    return sorted(stem for stem, found in ids.items() if stem != found)


def _ids(kind: str) -> dict[str, str]:
    files = sorted((CONTRACTS / kind).iterdir())
    assert all(file.suffix == ".yaml" for file in files)
    lines = {file.stem: file.read_text(encoding="utf-8").splitlines() for file in files}
    return {
        stem: next(line.removeprefix("id: ") for line in text if line.startswith("id: "))
        for stem, text in lines.items()
    }


@pytest.mark.parametrize("kind", ["controllers", "agencies", "agreements"])
def test_every_file_is_named_after_what_it_holds(kind: str) -> None:
    assert _misnamed(_ids(kind)) == []


def test_every_agency_has_a_controller_and_every_controller_an_agency() -> None:
    agencies, controllers = contracts().agencies.values(), contracts().controllers
    assert _without_controller(agencies, controllers) == []
    assert _without_agency(agencies, controllers) == []


def test_every_agency_is_a_party_to_an_agreement_but_the_one_that_none_may_name() -> None:
    parties = (each.parties for each in contracts().agreements)
    assert _outside(contracts().agencies, parties) == ["perpetrator-programme"]


def test_an_identifier_belongs_to_one_agency_unless_it_is_a_councils() -> None:
    found = Counter(
        (kind, number)
        for agency in contracts().agencies.values()
        for kind, number in (agency.identifiers or Identifiers()).model_dump().items()
        if number is not None
    )
    assert [each for each, times in found.items() if times > 1] == [("gss", "E10000034")]


def test_invented_numbers_are_in_nobodys_range() -> None:
    urns = [
        agency.identifiers.urn
        for agency in contracts().agencies.values()
        if agency.identifiers and agency.identifiers.urn
    ]
    assert sorted(urns) == ["999001", "999002", "999003", "SC999001", "SC999002"]


def test_one_county_council_stands_behind_two_desks_that_are_kept_apart() -> None:
    county = [
        each.id
        for each in contracts().agencies.values()
        if each.controller == "worcestershire-county-council"
    ]
    assert sorted(county) == ["adult-social-care", "childrens-social-care"]


def test_registration_numbers_are_recognisably_invented() -> None:
    numbers = [each.ico_number or "" for each in contracts().controllers.values()]
    assert all(number.startswith("DEMONSTRATION-") for number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_who_has_not_signed_is_a_party_and_waits_for_something() -> None:
    unsigned = {each.id for each in contracts().agencies.values() if each.controller in NOT_SIGNED}
    assert unsigned == {"telford-and-wrekin-council"}
    assert any(
        unsigned & set(agreement.recipients(share))
        for agreement in contracts().agreements
        for share in agreement.shares
    )


def test_orphans_are_found() -> None:
    agency = Agency.model_validate(
        {"schema": "concordat/agency/v1", "id": "desk", "name": "A desk", "controller": "body"}
    )
    assert _without_controller([agency], ["other"]) == ["desk"]
    assert _without_agency([agency], ["body", "other"]) == ["other"]
    assert _outside(["desk", "other"], [["desk"], []]) == ["other"]
    assert _misnamed({"a": "a", "b": "c"}) == ["b"]
