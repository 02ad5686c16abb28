"""An agreement from a file that somebody named on the command line."""

from pathlib import Path

from concordat.agreements.checking.reading import DocumentFault, Reading, read_agreement
from concordat.agreements.document import Agreement
from concordat.cli.console import USAGE, fail
from concordat.stack.contracts import Parties


def read_file(file: Path, parties: Parties) -> Reading[Agreement]:
    """Read and check `file`; one that is no UTF-8 text ends the command as wrong usage."""
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read as UTF-8 text ({type(error).__name__})", USAGE)
    return read_agreement(
        text, name=str(file), agencies=parties.agencies, controllers=parties.controllers
    )


def in_order(told: tuple[DocumentFault, ...]) -> list[DocumentFault]:
    """Return faults or notes in the order of the file."""
    return sorted(told, key=lambda each: (each.line, each.column))
