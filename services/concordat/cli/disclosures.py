"""`concordat disclosures`: who received which fields of a case, for a subject access request."""

import asyncio
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date, datetime
from textwrap import wrap
from typing import Annotated, Any

import typer

from concordat.agreements.day import rfc3339
from concordat.cli.console import NEGATIVE, fail, put, put_json
from concordat.cli.target import JsonOption, StateOption, find_target
from concordat.postgres.delivered import Delivered, auditing
from concordat.postgres.disclosures import Disclosures, read_disclosures

WIDTH = 96


def disclosures(
    case: Annotated[str, typer.Argument(help="The case: an event's subject.")],
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Say who received which fields of a case, when, under what; no contents. The auditor's."""
    found = asyncio.run(_read(find_target(state).auditor_dsn, case))
    if found is None:
        fail("no event of this case was ever decided here", NEGATIVE)
    if json:
        put_json(
            {
                "case": found.case,
                "events": found.events,
                "withheld": found.withheld,
                "deliveries": [plain(each) for each in found.deliveries],
            }
        )
    else:
        for line in _lines(found):
            put(line)


def plain(delivered: Delivered) -> dict[str, Any]:
    """Return a delivery as JSON values; what did not happen is null."""
    return {name: _plain(value) for name, value in asdict(delivered).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.isoformat() if isinstance(value, date) else value


async def _read(dsn: str, case: str) -> Disclosures | None:
    async with auditing(dsn) as connection:
        return await read_disclosures(connection, case)


def _lines(found: Disclosures) -> Iterator[str]:
    yield (
        f"case {found.case}: {found.events} events, {len(found.deliveries)} deliveries, "
        f"withheld {found.withheld} times"
    )
    for each in found.deliveries:
        yield ""
        yield from lines_of(each)


def lines_of(each: Delivered) -> Iterator[str]:
    """Yield what is told of one delivery."""
    yield f"{each.agency}  {each.type}  {each.event_id}  from {each.publisher}"
    shares = ", ".join(each.shares)
    yield f"    under {each.agreement} v{each.version}, law {each.law}: {shares}"
    fields = "not recorded" if each.fields is None else ", ".join(each.fields) or "none"
    yield from wrap(f"fields: {fields}", WIDTH, initial_indent=" " * 4, subsequent_indent=" " * 8)
    yield f"    {times_of(each)}"


def times_of(each: Delivered) -> str:
    """Say when it was delivered, collected and acknowledged."""
    happened = (
        (each.arrived or "delivered", each.delivered_at),
        ("collected", each.collected_at),
        ("acknowledged", each.acknowledged_at),
        ("emptied", each.purged_at),
    )
    said = [f"{what} {rfc3339(moment)}" for what, moment in happened if moment is not None]
    if each.collected_at is None:
        said.append("never collected")
    if each.keep_until is not None:
        said.append(f"kept until {each.keep_until.isoformat()}")
    return "; ".join(said)
