"""`concordat agreements compare OLD NEW`: who would receive more, and who less."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Annotated, Any

import typer

from concordat.agreements.checking.reading import DocumentFault, Reading, read_agreement
from concordat.agreements.comparison import compare as comparing
from concordat.agreements.comparison.change import Change, Verdict
from concordat.agreements.comparison.change_sentence import name_of_row, sentence_of
from concordat.agreements.comparison.compare import Comparison
from concordat.agreements.comparison.terms import TermChange
from concordat.agreements.document import Agreement
from concordat.cli.console import NEGATIVE, USAGE, fail, put, put_json, say
from concordat.cli.target import JsonOption
from concordat.cli.topics import ContractsOption
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import Parties, load_parties
from concordat_events.catalogue import CATALOGUE

_ORDER = {verdict: place for place, verdict in enumerate(Verdict)}
_WIDTH = max(map(len, Verdict)) + 1


def compare(
    old: Annotated[Path, typer.Argument(help="The agreement as it stands, YAML.", exists=False)],
    new: Annotated[Path, typer.Argument(help="The agreement as proposed, YAML.", exists=False)],
    contracts: ContractsOption = CONTRACTS,
    json: JsonOption = False,
    show_all: Annotated[bool, typer.Option("--all", help="Also the rows that are SAME.")] = False,
) -> None:
    """Say per recipient and field whether NEW sends it for more events than OLD, or for fewer.

    NEW, WIDER, NARROWER, GONE and SAME are exact. MAY_WIDEN and MAY_NARROW say that there are too
    many conditions to tell. Then the terms that changed: retention, laws, signatures, dates.

    Exit codes: 0 when nobody gains a field; 1 when somebody does or may (NEW, WIDER, MAY_WIDEN),
    or an agreement has faults; 2 when a file cannot be read. A coarsening of what was sent before
    is no gain, and changed terms do not count here.
    """
    parties = load_parties(contracts)
    before, now = _both([_read(file, parties) for file in (old, new)], json)
    found = comparing.compare(before, now, CATALOGUE, parties.agencies)
    rows = [each for each in found.changes if show_all or _differs(each)]
    if json:
        put_json({"old": _version(before), "new": _version(now), **_as_json(found, rows)})
    else:
        put(f"{before.id} {before.version} -> {now.id} {now.version}")
        for line in _lines(found, rows):
            put(line)
    same = sum(not _differs(each) for each in found.changes)
    say(f"{len(found.gains)} gains, {same} rows the same, {len(found.terms)} terms changed")
    if found.gains:
        raise typer.Exit(NEGATIVE)


def _read(file: Path, parties: Parties) -> Reading[Agreement]:
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        fail(f"{file} cannot be read as UTF-8 text ({type(error).__name__})", USAGE)
    return read_agreement(
        text, name=str(file), agencies=parties.agencies, controllers=parties.controllers
    )


def _both(readings: Iterable[Reading[Agreement]], json: bool) -> list[Agreement]:
    """Return the documents; faults of either end the command, after naming all of both."""
    documents: list[Agreement] = []
    faults: list[DocumentFault] = []
    for reading in readings:
        faults += sorted(reading.faults, key=lambda fault: (fault.line, fault.column))
        documents += [reading.document] if reading.document else []
    if json and faults:
        put_json({"faults": [asdict(each) for each in faults]})
    elif faults:
        put("\n".join(map(str, faults)))
    if faults:
        fail(f"nothing compared: {len(faults)} faults", NEGATIVE)
    return documents


def _version(agreement: Agreement) -> dict[str, Any]:
    return {"id": agreement.id, "version": agreement.version}


def _differs(change: Change) -> bool:
    return change.verdict is not Verdict.SAME or change.moved


def _lines(found: Comparison, rows: Sequence[Change]) -> Iterator[str]:
    for recipient, changes in _by_recipient(rows):
        yield recipient
        for ends, of_ends in groupby(changes, key=lambda each: each.ends):
            yield f"  from {ends.publisher}, {ends.event_type}"
            alike = groupby(sorted(of_ends, key=_place), key=_said)
            for (verdict, sentence), each in alike:
                yield f"    {verdict:<{_WIDTH}} {', '.join(map(name_of_row, each))}"
                yield f"    {'':<{_WIDTH}}   {sentence}"
    if found.terms:
        yield "terms"
        for term in sorted(found.terms, key=lambda each: not each.looser):
            yield f"    {'looser' if term.looser else '':<{_WIDTH}} {term}"


def _by_recipient(rows: Iterable[Change]) -> list[tuple[str, list[Change]]]:
    """Who gains comes first."""
    found: dict[str, list[Change]] = {}
    for change in rows:
        found.setdefault(change.ends.recipient, []).append(change)
    return sorted(found.items(), key=lambda each: (min(map(_place, each[1])), each[0]))


def _place(change: Change) -> tuple[bool, int, str, str]:
    return not change.gain, _ORDER[change.verdict], sentence_of(change), change.field or ""


def _said(change: Change) -> tuple[Verdict, str]:
    return change.verdict, sentence_of(change)


def _as_json(found: Comparison, rows: Iterable[Change]) -> dict[str, Any]:
    return {
        "gains": len(found.gains),
        "changes": [_row(each) for each in rows],
        "terms": [_term(each) for each in found.terms],
    }


def _row(change: Change) -> dict[str, Any]:
    return {
        **change.ends._asdict(),
        "field": change.field,
        "verdict": change.verdict,
        "gain": change.gain,
        "also_narrower": change.also_narrower,
        "before": asdict(change.before),
        "now": asdict(change.now),
        "gained": asdict(change.gained) if change.gained else None,
        "lost": asdict(change.lost) if change.lost else None,
        "part_of": change.part_of,
        "sentence": sentence_of(change),
    }


def _term(term: TermChange) -> dict[str, Any]:
    return {**asdict(term), "sentence": str(term)}
