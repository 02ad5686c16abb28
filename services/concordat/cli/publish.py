"""`concordat publish`: a file of events into an agency's outbox."""

import asyncio
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from concordat.cli.console import NEGATIVE, TRY_AGAIN, USAGE, fail, put_json, say
from concordat.cli.target import AgencyOption, JsonOption, StateOption, find_target
from concordat.publish.files import NotAnEventFile, read_cloudevents
from concordat.publish.police_uk import NotAStreetFile, read_street_file
from concordat.publish.row_fault import RowFault
from concordat.publish.synthetic_incidents import incident_seeded_from
from concordat_events.envelope import Event
from concordat_events.publisher import Publisher, PublishFailed


class Format(StrEnum):
    """What the file holds."""

    CLOUDEVENTS = "cloudevents"
    POLICE_UK = "police-uk"


class Faults:
    """Says each row that is no event, and counts them."""

    def __init__(self, file: Path) -> None:
        self._name = file.name
        self.count = 0

    def events(self, rows: Iterator[Event | RowFault]) -> Iterator[Event]:
        """Let the events through."""
        for row in rows:
            if isinstance(row, Event):
                yield row
            else:
                self.count += 1
                say(f"{self._name}:{row.line_number}: {row.message}")


def publish(
    file: Annotated[Path, typer.Argument(help="The file to publish.", dir_okay=False)],
    agency: AgencyOption,
    format_: Annotated[Format, typer.Option("--format", help="What the file is.")] = (
        Format.CLOUDEVENTS
    ),
    synthetic_incidents: Annotated[
        bool,
        typer.Option(
            "--synthetic-incidents",
            help="Also publish the invented incidents seeded from a police.uk file.",
        ),
    ] = False,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Publish every event of FILE as AGENCY. What cannot be an event is named by its line."""
    if synthetic_incidents and format_ is not Format.POLICE_UK:
        fail("--synthetic-incidents goes with --format police-uk", USAGE)
    target = find_target(state)
    faults = Faults(file)
    try:
        with file.open("rb") as stream:
            events = faults.events(_rows(stream, agency, format_))
            if synthetic_incidents:
                events = _with_incidents(events)
            topic = target.topics.outbox(agency)
            published = asyncio.run(_send(events, target.kafka, agency, topic))
    except (NotAStreetFile, NotAnEventFile) as error:
        fail(f"{file.name}: {error}", NEGATIVE)
    except OSError as error:
        fail(f"{file} cannot be read ({type(error).__name__})", USAGE)
    except PublishFailed as error:
        fail(str(error), TRY_AGAIN)
    if json:
        put_json({"published": published, "faulty": faults.count})
    say(f"{published} events published, {faults.count} refused")
    if faults.count:
        raise typer.Exit(NEGATIVE)


def _rows(stream: BinaryIO, agency: str, format_: Format) -> Iterator[Event | RowFault]:
    if format_ is Format.POLICE_UK:
        return read_street_file(stream, publisher=agency)
    return read_cloudevents(stream)


def _with_incidents(crimes: Iterator[Event]) -> Iterator[Event]:
    for crime in crimes:
        yield crime
        incident = incident_seeded_from(crime)
        if incident is not None:
            yield incident


async def _send(events: Iterator[Event], bootstrap: str, agency: str, topic: str) -> int:
    async with Publisher(bootstrap, agency, topic=topic) as publisher:
        return await publisher.publish_all(events)
