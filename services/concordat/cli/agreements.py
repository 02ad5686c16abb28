"""`concordat agreements …`: read agreements before anybody signs them."""

from pathlib import Path
from typing import Annotated

import typer

from concordat.agreements.reading import DocumentFault, read_agreement
from concordat.cli.console import NEGATIVE, USAGE, fail, put, put_json, say
from concordat.cli.target import JsonOption
from concordat.cli.topics import ContractsOption
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import Parties, load_parties

app = typer.Typer(no_args_is_help=True, help="Check data-sharing agreements.")


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(help="Agreements as YAML.", exists=False)],
    contracts: ContractsOption = CONTRACTS,
    json: JsonOption = False,
) -> None:
    """Name every fault of every file at once, with its line; exit 1 when there is one."""
    parties = load_parties(contracts)
    faults = [fault for file in files for fault in _faults(file, parties)]
    for fault in faults:
        if not json:
            put(str(fault))
    if json:
        put_json(
            {
                "files": len(files),
                "faults": [
                    {
                        "file": fault.name,
                        "line": fault.line,
                        "column": fault.column,
                        "message": fault.message,
                    }
                    for fault in faults
                ],
            }
        )
    say(f"{len(files)} files, {len(faults)} faults")
    if faults:
        raise typer.Exit(NEGATIVE)


def _faults(file: Path, parties: Parties) -> list[DocumentFault]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read as UTF-8 text ({type(error).__name__})", USAGE)
    reading = read_agreement(
        text, name=str(file), agencies=parties.agencies, controllers=parties.controllers
    )
    return sorted(reading.faults, key=lambda fault: (fault.line, fault.column))
