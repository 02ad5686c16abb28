"""The demonstration as one stream: real crimes, invented incidents seeded from them, answers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from concordat.publish.answers import answers_to_one
from concordat.publish.police_uk import read_street_file
from concordat.publish.row_fault import RowFault
from concordat.publish.synthetic_incidents import incident_seeded_from
from concordat_events.envelope import Event

OnFault = Callable[[RowFault], None]


def demo_events(source: Path | BinaryIO, on_fault: OnFault) -> Iterator[Event]:
    """Yield every event of the demonstration in the order in which it would arrive.

    Each crime of the street file comes first, then the incident it seeds, then the answers to
    that. A row that is no event is told to `on_fault` and the rest goes on; a file that is not a
    street file raises `NotAStreetFile`.
    """
    if isinstance(source, Path):
        with source.open("rb") as stream:
            yield from demo_events(stream, on_fault)
        return
    for crime in read_street_file(source):
        if isinstance(crime, RowFault):
            on_fault(crime)
            continue
        yield crime
        incident = incident_seeded_from(crime)
        if incident is not None:
            yield incident
            yield from answers_to_one(incident)
