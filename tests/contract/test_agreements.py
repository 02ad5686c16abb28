import csv
import re

import pytest

from builders import NOW, agreement_of, share_of
from concordat.agreements.checking.reading import read_agreement
from concordat.runtime.settings import CONTRACTS
from concordat.stack.demonstration import DATA
from contract.agreement_rules import (
    beyond_gateway,
    recipients_of,
    sends_to,
    unmet_values,
    ways_to,
)
from contract.folder import AGREEMENTS, agreement, contracts

INCIDENT = "domestic-abuse.incident-recorded.v1"
CRIME = "community-safety.crime-recorded.v1"
# The recipients here that are no relevant authority (Crime and Disorder Act 1998 s.115).
NO_RELEVANT_AUTHORITY = (
    *("cobblefern-primary", "lampwick-academy", "mothwing-academy"),
    *("tansy-house", "sorrel-house", "return-interview-service"),
    *("marac-coordinator", "perpetrator-programme", "womens-aid", "wyre-forest-housing"),
)


def _text(agreement_id: str) -> str:
    return (CONTRACTS / "agreements" / f"{agreement_id}.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", AGREEMENTS)
def test_every_agreement_reads_without_a_fault(name: str) -> None:
    known = contracts()
    reading = read_agreement(
        _text(name), name=name, agencies=known.agencies, controllers=known.controllers
    )
    assert reading.faults == ()
    assert reading.document is not None


def test_the_folder_holds_these_agreements() -> None:
    files = sorted(file.stem for file in (CONTRACTS / "agreements").iterdir())
    assert files == list(AGREEMENTS)


@pytest.mark.parametrize("name", AGREEMENTS)
def test_every_agreement_is_in_force_and_reviewed_before_it_ends(name: str) -> None:
    found = agreement(name)
    assert found.dpia.approved < found.effective.from_ < NOW.date() < found.review_by
    assert found.review_by < found.effective.until


@pytest.mark.parametrize("name", AGREEMENTS)
def test_every_agreement_says_what_it_gives_away_and_no_empty_word(name: str) -> None:
    known = contracts()
    notes = read_agreement(
        _text(name), name=name, agencies=known.agencies, controllers=known.controllers
    ).notes
    # Shares of one law overlap on purpose, and not every published field has a recipient.
    meant = ("may hold for one event", "nobody receives these fields")
    assert [str(note) for note in notes if not any(words in note.message for words in meant)] == []


@pytest.mark.parametrize("name", AGREEMENTS)
def test_section_115_runs_only_to_relevant_authorities(name: str) -> None:
    allowed = contracts().agencies.keys() - set(NO_RELEVANT_AUTHORITY)
    assert beyond_gateway(agreement(name), "cda1998-s115", allowed) == []


@pytest.mark.parametrize("name", AGREEMENTS)
def test_every_recipient_is_told_what_no_machine_enforces(name: str) -> None:
    found = agreement(name)
    recipients = {agency for share in found.shares for agency in found.recipients(share)}
    assert recipients <= found.undertakings.keys()
    assert all(found.undertakings[agency] for agency in recipients)


def test_conditions_ask_for_categories_and_districts_that_the_police_publish() -> None:
    with DATA.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    known = {
        "category": frozenset("-".join(_words(row["Crime type"])) for row in rows),
        "district": frozenset(row["LSOA name"].rsplit(" ", 1)[0] for row in rows),
    }
    assert unmet_values(agreement("worcestershire-community-safety"), known) == []


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z]+", text.lower())


@pytest.mark.parametrize(
    ("agency", "never"),
    [
        ("probation", ("victim.", "safe_contact.", "children", "child_count", "relationship")),
        ("womens-aid", ("alleged_perpetrator.", "offences", "weapon", "repeats_12m", "ticks")),
        ("worcestershire-health", ("alleged_perpetrator.", "safe_contact.", "offences")),
        ("childrens-social-care", ("safe_contact.", "alleged_perpetrator.warnings")),
        ("adult-social-care", ("safe_contact.", "children", "alleged_perpetrator.warnings")),
    ],
)
def test_an_agency_is_never_sent_what_would_do_harm_there(
    agency: str, never: tuple[str, ...]
) -> None:
    sent = sends_to(agreement("worcestershire-domestic-abuse"), agency, INCIDENT)
    assert sent
    assert [path for path in sorted(sent) if path.startswith(never)] == []


def test_nobody_is_sent_an_address_or_the_narrative() -> None:
    found = agreement("worcestershire-domestic-abuse")
    sent = {path for agency in found.parties for path in sends_to(found, agency, INCIDENT)}
    places = ("address", "postcode", "uprn", "narrative")
    assert [path for path in sent if any(place in path for place in places)] == []


def test_only_womens_aid_is_told_how_to_reach_the_victim() -> None:
    found = agreement("worcestershire-domestic-abuse")
    told = [
        agency
        for agency in found.parties
        if any(path.startswith("safe_contact") for path in sends_to(found, agency, INCIDENT))
    ]
    assert told == ["womens-aid"]


def test_the_police_send_crimes_differently_to_each_recipient() -> None:
    found = agreement("worcestershire-community-safety")
    sent = {
        agency: sends_to(found, agency, CRIME)
        for agency in found.parties
        if agency != "west-mercia-police"
    }
    assert len(sent) == 7
    assert len(set(sent.values())) == len(sent)
    assert sent["womens-aid"] == {"month", "district"}


def test_a_way_to_an_agency_is_found_however_it_is_named() -> None:
    way = ["test-agreement: all-crimes"]
    by_urn = {"group": "desks", "whose": "urn", "is": "crime_ref"}
    for to in ("womens-aid", "@desks", by_urn):
        found = agreement_of(groups={"desks": ["womens-aid"]}, shares=[share_of(to=[to], send=[])])
        assert ways_to([found], "womens-aid") == way
        assert recipients_of([found], CRIME) == {"womens-aid"}
    assert ways_to([agreement_of()], "womens-aid") == []


def test_a_gateway_used_towards_a_stranger_is_found() -> None:
    found = agreement_of(shares=[share_of(to=["social-care", "womens-aid"])])
    assert beyond_gateway(found, "ca2004-s11", ["social-care"]) == ["all-crimes: womens-aid"]
    assert beyond_gateway(found, "cda1998-s115", ["social-care"]) == []


def test_a_value_that_never_occurs_is_found() -> None:
    when = [{"field": "category", "in": ["drugs", "drug"]}, {"field": "district", "is": "Nowhere"}]
    found = agreement_of(shares=[share_of(when=when)])
    known = {"category": frozenset({"drugs"}), "district": frozenset({"Redditch"})}
    assert unmet_values(found, known) == ["all-crimes: drug", "all-crimes: Nowhere"]
