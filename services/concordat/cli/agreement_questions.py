"""`concordat agreements who-sees|receives|gaps`: questions over all agreements in the contracts."""

from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from concordat.agreements import analysis
from concordat.agreements.show.answers import gaps_sheet, received_sheet, seen_sheet
from concordat.agreements.show.as_text import as_text
from concordat.agreements.show.sheet import Sheet
from concordat.cli.console import NEGATIVE, fail, put, put_json
from concordat.cli.target import JsonOption
from concordat.cli.topics import ContractsOption
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import ContractFaults, Contracts, load_contracts
from concordat_events.catalogue import CATALOGUE


def who_sees(
    field: Annotated[str, typer.Argument(help="A field, or a part of an event that has fields.")],
    contracts: ContractsOption = CONTRACTS,
    json: JsonOption = False,
) -> None:
    """Say who may receive FIELD, from whom, when, and who is told of it without being sent it."""
    known = _load(contracts)
    seen = analysis.who_sees(known.agreements, field, CATALOGUE)
    if not seen:
        _unknown(field, "a published field", analysis.published_fields(CATALOGUE))
    if json:
        put_json({"field": field, "fields": [_seen(each) for each in seen]})
    else:
        _put(seen_sheet(field, seen, known.agencies, CATALOGUE))


def receives(
    agency: Annotated[str, typer.Argument(help="The id of an agency.")],
    contracts: ContractsOption = CONTRACTS,
    json: JsonOption = False,
) -> None:
    """Say what AGENCY may receive: kinds of event, publishers, fields and when."""
    known = _load(contracts)
    if agency not in known.agencies:
        _unknown(agency, "a registered agency", known.agencies)
    received = analysis.receives(known.agreements, agency)
    if json:
        put_json({"agency": agency, "receives": [_received(each) for each in received]})
    else:
        _put(received_sheet(agency, received, known.agencies, CATALOGUE))


def gaps(contracts: ContractsOption = CONTRACTS, json: JsonOption = False) -> None:
    """Name the published fields, and kinds of event, that nobody receives."""
    found = analysis.gaps(_load(contracts).agreements, CATALOGUE)
    if json:
        put_json({"events": [_type_gaps(each) for each in found]})
    else:
        _put(gaps_sheet(found, CATALOGUE))


def _load(folder: Path) -> Contracts:
    try:
        return load_contracts(folder)
    except ContractFaults as error:
        fail(f"the contracts have faults:\n{error}", NEGATIVE)


def _unknown(word: str, what: str, known: Iterable[str]) -> NoReturn:
    near = get_close_matches(word, list(known))
    perhaps = f"; did you mean {' or '.join(near)}?" if near else ""
    fail(f"{word!r} is not {what}{perhaps}", NEGATIVE)


def _put(sheet: Sheet) -> None:
    put(as_text(sheet).removesuffix("\n"))


def _seen(seen: analysis.FieldSeen) -> dict[str, Any]:
    return {
        "event": seen.event,
        "field": seen.leaf.path,
        "mark": seen.leaf.sensitivity.value,
        "receives": [{"as": sight.name, **sight.permission.as_json()} for sight in seen.sights],
        "told": [permission.as_json() for permission in seen.told],
    }


def _received(permission: analysis.Permission) -> dict[str, Any]:
    party = permission.agreement.parties[permission.recipient]
    return {
        "event": permission.share.event,
        **permission.as_json(),
        "fields": sorted(permission.names),
        "keep_days": party.keep_days,
        "onward": party.onward,
    }


def _type_gaps(found: analysis.TypeGaps) -> dict[str, Any]:
    return {
        "event": found.event,
        "shared": found.shared,
        "fields": [
            {
                "field": gap.leaf.path,
                "mark": gap.leaf.sensitivity.value,
                "coarsened": list(gap.coarsened),
                "asked": gap.asked,
                "never_send": list(gap.forbidden),
            }
            for gap in found.fields
        ],
    }
