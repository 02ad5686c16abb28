"""`concordat agreements rehearse NEW`: the candidate over real history, without delivering."""

from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated

import msgspec
import typer

from concordat.agreements.checking.reading import Reading, read_agreement
from concordat.agreements.day import LONDON
from concordat.agreements.document import Agreement
from concordat.agreements.rehearsing.rehearsal import Rehearsal, read_past_event
from concordat.cli.console import NEGATIVE, TRY_AGAIN, USAGE, fail, put, put_json, say
from concordat.cli.progress_bar import progress_bar
from concordat.cli.rehearsal_view import Faults, RehearsalView
from concordat.cli.target import JsonOption, StateOption, find_target
from concordat.cli.topics import ContractsOption
from concordat.kafka.incidents_log import IncidentsLog, IncidentsUnreadable
from concordat.publish.files import NotAnEventFile
from concordat.publish.history_file import read_history, why_no_event
from concordat.publish.police_uk import NotAStreetFile
from concordat.publish.row_fault import RowFault
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import ContractFaults, Parties, load_parties

AgainstOption = Annotated[
    Path | None,
    typer.Option(
        "--against",
        help="What it is compared with, YAML. Without: the contracts' next lower version.",
    ),
]
EventsOption = Annotated[
    Path | None,
    typer.Option(
        "--events", help="CloudEvents, one JSON object a line, or a police.uk street file (.csv)."
    ),
]
SinceOption = Annotated[
    datetime | None,
    typer.Option(
        "--since",
        formats=["%Y-%m-%d"],
        help="A London day: everything the running stack has admitted from then on.",
    ),
]

_EVERY = 2000  # events between two looks at the bar


def rehearse(
    new: Annotated[Path, typer.Argument(help="The candidate, YAML.", exists=False)],
    against: AgainstOption = None,
    events: EventsOption = None,
    since: SinceOption = None,
    contracts: ContractsOption = CONTRACTS,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Say who would have received how many of these events, gained and lost; deliver nothing.

    The candidate is taken as signed by everybody and in force. Counts and event ids are told,
    never contents. A repeat of an event is counted once. Of each event only what conditions look
    at is checked; what cannot be read is named by its line.
    """
    if (events is None) == (since is None):
        fail("name either --events FILE or --since DATE", USAGE)
    known = _parties(contracts)
    candidate = _agreement(new, known)
    old = _agreement(against, known) if against else _next_lower(candidate, contracts, known)
    if old is None:
        say("compared with nothing: the contracts hold no lower version of it")
    elif against is None:
        say(f"compared with version {old.version} in {contracts}")
    rehearsal = Rehearsal(candidate, old, agencies=known.agencies)
    faults = Faults()
    if events is not None:
        _over_file(rehearsal, faults, events)
    elif since is not None:
        _over_incidents(rehearsal, faults, since.date(), state)
    view = RehearsalView(candidate, old, rehearsal.result(), faults)
    _tell(faults)
    if json:
        put_json(view.as_json())
    else:
        put("\n".join(view.lines()))


def _parties(folder: Path) -> Parties:
    try:
        return load_parties(folder)
    except ContractFaults as error:
        fail(f"{folder} has faults:\n{error}", NEGATIVE)


def _read(file: Path, parties: Parties) -> Reading[Agreement]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read as UTF-8 text ({type(error).__name__})", USAGE)
    return read_agreement(
        text, name=str(file), agencies=parties.agencies, controllers=parties.controllers
    )


def _agreement(file: Path, parties: Parties) -> Agreement:
    reading = _read(file, parties)
    if reading.document is None:
        for fault in sorted(reading.faults, key=lambda each: (each.line, each.column)):
            say(str(fault))
        fail(f"{file} has faults, so it is not rehearsed", NEGATIVE)
    return reading.document


def _next_lower(candidate: Agreement, folder: Path, parties: Parties) -> Agreement | None:
    """The contracts' highest version below the candidate's; other agreements do not matter."""
    readings = {
        file: _read(file, parties) for file in sorted((folder / "agreements").glob("*.yaml"))
    }
    for file in (file for file, reading in readings.items() if reading.document is None):
        say(f"{file} has faults and is not compared with")
    lower = (
        each.document
        for each in readings.values()
        if each.document is not None
        and each.document.id == candidate.id
        and each.document.version < candidate.version
    )
    return max(lower, key=lambda each: each.version, default=None)


def _over_file(rehearsal: Rehearsal, faults: Faults, file: Path) -> None:
    try:
        with file.open("rb") as stream, progress_bar("rehearsing", file.stat().st_size) as advance:
            for count, line in enumerate(read_history(stream, file.name), 1):
                if isinstance(line, RowFault):
                    faults.add(f"{file.name}:{line.line_number}", line.message)
                elif not _taken(rehearsal, line.content):
                    faults.add(f"{file.name}:{line.number}", why_no_event(line).message)
                if count % _EVERY == 0:
                    advance(stream.tell(), count)
    except (NotAStreetFile, NotAnEventFile) as error:
        fail(f"{file.name}: {error}", NEGATIVE)
    except OSError as error:
        fail(f"{file} cannot be read ({type(error).__name__})", USAGE)


def _over_incidents(rehearsal: Rehearsal, faults: Faults, since: date, state: Path | None) -> None:
    target = find_target(state)
    start = datetime.combine(since, time(), LONDON)
    try:
        with IncidentsLog(target.kafka, target.topics.incidents) as log:
            stretches = log.between(start)
            with progress_bar("rehearsing", sum(each.count for each in stretches)) as advance:
                done = 0
                for batch in log.read(stretches):
                    for record in batch:
                        if not _taken(rehearsal, record.value or b""):
                            place = f"{record.topic}/{record.partition}/{record.offset}"
                            faults.add(place, "is not an event that can be rehearsed")
                    done += len(batch)
                    advance(done, done)
    except IncidentsUnreadable as error:
        fail(str(error), TRY_AGAIN)


def _taken(rehearsal: Rehearsal, content: bytes) -> bool:
    try:
        rehearsal.add(read_past_event(content))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    return True


def _tell(faults: Faults) -> None:
    for place, message in faults.told:
        say(f"{place}: {message}")
    if faults.count > len(faults.told):
        say(f"and {faults.count - len(faults.told)} more that are no events")
