"""`concordat agreements show`: an agreement in plain words, before anybody signs it."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType
from typing import Annotated

import typer

from concordat.agreements.document import Agreement
from concordat.agreements.show.agreement import show_agreement
from concordat.agreements.show.as_html import as_html
from concordat.agreements.show.as_markdown import as_markdown
from concordat.agreements.show.as_text import as_text
from concordat.agreements.show.sheet import Sheet
from concordat.cli.agreement_file import in_order, read_file
from concordat.cli.console import NEGATIVE, fail, put, put_json, say
from concordat.cli.target import JsonOption
from concordat.cli.topics import ContractsOption
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import ContractFaults, Parties, load_parties
from concordat_events.catalogue import CATALOGUE


class Format(StrEnum):
    """How it is written."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"


_WRITTEN: Mapping[Format, Callable[[Sheet], str]] = MappingProxyType(
    {Format.TEXT: as_text, Format.MARKDOWN: as_markdown, Format.HTML: as_html}
)


def show(
    file: Annotated[Path, typer.Argument(help="The agreement as YAML.", exists=False)],
    format_: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.TEXT,
    contracts: ContractsOption = CONTRACTS,
    json: JsonOption = False,
) -> None:
    """Say in plain words who would receive what, when, why and under which law."""
    parties = _parties(contracts)
    sheet = show_agreement(_read(file, parties), parties.agencies, CATALOGUE)
    if json:
        put_json(sheet.as_json())
    else:
        put(_WRITTEN[format_](sheet).removesuffix("\n"))


def _parties(folder: Path) -> Parties:
    try:
        return load_parties(folder)
    except ContractFaults as error:
        fail(f"the contracts have faults:\n{error}", NEGATIVE)


def _read(file: Path, parties: Parties) -> Agreement:
    reading = read_file(file, parties)
    if reading.document is None:
        for fault in in_order(reading.faults):
            say(str(fault))
        fail(f"{file} has faults, so it is not shown", NEGATIVE)
    return reading.document
