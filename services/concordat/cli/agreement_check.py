"""`concordat agreements check`: every fault before anybody signs."""

from pathlib import Path
from typing import Annotated

import typer

from concordat.agreements.checking.reading import DocumentFault
from concordat.cli.agreement_file import in_order, read_file
from concordat.cli.console import NEGATIVE, fail, put, put_json, say
from concordat.cli.target import JsonOption
from concordat.cli.topics import ContractsOption
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import ContractFaults, load_parties


def check(
    files: Annotated[list[Path], typer.Argument(help="Agreements as YAML.", exists=False)],
    contracts: ContractsOption = CONTRACTS,
    json: JsonOption = False,
) -> None:
    """Name every fault of every file at once, with its line; exit 1 when there is one.

    Notes are no faults: what the signers may not have meant.
    """
    try:
        parties = load_parties(contracts)
    except ContractFaults as error:
        fail(f"the parties have faults:\n{error}", NEGATIVE)
    readings = [read_file(file, parties) for file in files]
    faults = [fault for reading in readings for fault in in_order(reading.faults)]
    notes = [note for reading in readings for note in in_order(reading.notes)]
    if json:
        told = {
            "faults": [_plain(each) for each in faults],
            "notes": [_plain(each) for each in notes],
        }
        put_json({"files": len(files), **told})
    else:
        for fault in faults:
            put(str(fault))
        for note in notes:
            put(f"{note.name}:{note.line}:{note.column}: note: {note.message}")
    say(f"{len(files)} files, {len(faults)} faults, {len(notes)} notes")
    if faults:
        raise typer.Exit(NEGATIVE)


def _plain(told: DocumentFault) -> dict[str, str | int]:
    """A fault or note as one JSON object."""
    return {
        "file": told.name,
        "line": told.line,
        "column": told.column,
        "message": told.message,
    }
