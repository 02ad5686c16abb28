"""`concordat impact`: a share was wrong: who got which fields by it, and who collected them."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import date, datetime
from textwrap import wrap
from typing import Annotated

import typer

from concordat.agreements.document import Agreement
from concordat.cli.console import NEGATIVE, fail, put, put_json, say
from concordat.cli.disclosures import WIDTH, plain, times_of
from concordat.cli.target import JsonOption, StateOption, Target, find_target
from concordat.kafka.register_feed import read_history
from concordat.postgres.delivered import auditing
from concordat.postgres.impact import Impact, ImpactedDelivery, read_impact
from concordat.runtime.clock import system_clock
from concordat.runtime.logs import configure_logs

REGISTER_SECONDS = 10.0
_Versions = Mapping[int, Agreement]


def impact(
    agreement: Annotated[str, typer.Argument(help="The agreement's id.")],
    share: Annotated[str, typer.Argument(help="The share's id.")],
    since: Annotated[
        datetime, typer.Option("--since", formats=["%Y-%m-%d"], help="First day, in London.")
    ],
    version: Annotated[int | None, typer.Option("--version", help="Only this version.")] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Say who got what by a share since a day and who collected it; no contents. The auditor's."""
    target = find_target(state)
    dsn = target.auditor_dsn
    configure_logs("impact")  # to stderr: stdout is for the answer
    versions = _registered(target, agreement)
    _check_known(versions, share, version)
    found = asyncio.run(_read(dsn, agreement, share, since.date(), version, versions))
    if json:
        put_json(_plain(found))
    else:
        for line in _lines(found):
            put(line)


def _registered(target: Target, agreement: str) -> _Versions | None:
    """The agreement as the register has it; None, said aloud, when it cannot be read."""
    kafka = target.addresses.kafka or (target.stack.kafka if target.stack else None)
    try:
        if kafka:
            asking = read_history(kafka, target.topics, within_seconds=REGISTER_SECONDS)
            book = asyncio.run(asking).book_at(system_clock())
            return book.register.agreements.get(agreement, {})
    except TimeoutError:
        pass
    say("the register cannot be read: every field of a delivery is told, whichever share gave it")
    return None


def _check_known(versions: _Versions | None, share: str, version: int | None) -> None:
    if versions is None:
        return
    asked = [each for number, each in versions.items() if version in (None, number)]
    if not any(share == known.id for each in asked for known in each.shares):
        fail("no such version of the agreement on the register has such a share", NEGATIVE)


async def _read(
    dsn: str,
    agreement: str,
    share: str,
    since: date,
    version: int | None,
    versions: _Versions | None,
) -> Impact:
    async with auditing(dsn) as connection:
        return await read_impact(
            connection, agreement, share, since, version=version, versions=versions
        )


def _plain(found: Impact) -> dict[str, object]:
    return {
        "agreement": found.agreement,
        "share": found.share,
        "since": found.since.isoformat(),
        "agencies": [asdict(each) for each in found.agencies],
        "deliveries": [
            {**plain(each.delivered), "only": each.only, "exact": each.exact}
            for each in found.deliveries
        ],
    }


def _lines(found: Impact) -> Iterator[str]:
    yield (
        f"{found.agreement}, share {found.share}, since {found.since.isoformat()}: "
        f"{len(found.deliveries)} deliveries"
    )
    for agency in found.agencies:
        yield (
            f"{agency.agency}: {agency.delivered} delivered, {agency.collected} collected, "
            f"{agency.acknowledged} acknowledged"
        )
    for each in found.deliveries:
        yield ""
        yield from _delivery(each)


def _delivery(each: ImpactedDelivery) -> Iterator[str]:
    told = each.delivered
    yield f"{told.agency}  {told.event_id}  case {told.case}  v{told.version}"
    what = "by this share alone" if each.exact else "by this share or another"
    yield from wrap(
        f"{what}: {', '.join(each.only) or 'nothing'}",
        WIDTH,
        initial_indent=" " * 4,
        subsequent_indent=" " * 8,
    )
    yield f"    {times_of(told)}"
