"""Dead letters for a person and for a program: places, reasons, times; no contents."""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.table import Table

from concordat.agreements.day import rfc3339
from concordat.cli.console import put, put_json, say
from concordat.kafka.dead_letters import Letter, Noted
from concordat.kafka.places import Place
from concordat.stack.dead_letter_causes import Cause
from concordat.stack.dead_letters import RetryCount
from concordat.stages.retry import Outcome

# What a retry does, and what one would do.
_DONE = {
    Outcome.ADMITTED: "admitted",
    Outcome.REFUSED: "refused, and their publisher told why",
    Outcome.ROUTED_AGAIN: "admitted anew, to be decided by route",
    Outcome.STORED_AGAIN: "written again, to be stored by deliver",
    Outcome.UNCHANGED: "as before: the stage can do nothing with them",
    Outcome.GONE: "gone: their topic no longer holds the record",
}


def put_causes(causes: list[Cause], *, json: bool) -> None:
    """Write one line for each cause."""
    if json:
        put_json({"causes": [_plain(asdict(cause)) for cause in causes]})
        return
    if not causes:
        say("no dead letters")
        return
    table = _table("cause", "open", "oldest", "newest", "readable", "worn", "retried", "discarded")
    for each in causes:
        times = _time(each.oldest), _time(each.newest)
        counts = (each.readable, each.worn, each.retried, each.discarded)
        table.add_row(each.cause, str(each.open), *times, *map(str, counts))
    Console().print(table)


def put_letters(letters: Iterable[Letter], there: Collection[Place], *, json: bool) -> None:
    """Write one line for each letter, in the order in which they came."""
    ordered = sorted(letters, key=lambda letter: (letter.written_at, letter.place))
    if json:
        every = [state_json(each) | {"readable": each.place in there} for each in ordered]
        put_json({"letters": every})
        return
    for letter in ordered:
        readable = "readable" if letter.place in there else "gone"
        told = (letter.state.value, readable, f"{letter.stage} {letter.reason}")
        put("  ".join((rfc3339(letter.written_at), str(letter.place), *told)))


def put_letter(letter: Letter, *, readable: bool, json: bool) -> None:
    """Write all that is known of one letter."""
    if json:
        notes = [_note(noted) for noted in letter.notes]
        put_json(state_json(letter) | {"readable": readable, "notes": notes})
        return
    for line in _lines(letter, readable=readable):
        put(line)


def put_count(count: RetryCount, *, written: bool, skipped: int, json: bool) -> None:
    """Write what came, or would come, of a retry."""
    outcomes = sorted(count.outcomes.items())
    if json:
        told = [
            {"cause": cause, "outcome": outcome, "letters": letters}
            for (cause, outcome), letters in outcomes
        ]
        put_json({"outcomes": told, "written": written, "skipped": skipped})
        return
    if not outcomes:
        say("no dead letter to retry")
    for (cause, outcome), letters in outcomes:
        would = "" if written else "would be "
        put(f"{letters:>8}  {cause}: {would}{_DONE[outcome]}")


def state_json(letter: Letter) -> dict[str, Any]:
    """One letter as JSON values, without its notes."""
    return {
        "place": str(letter.place),
        "cause": letter.cause,
        "stage": letter.stage,
        "reason": letter.reason,
        "size": letter.size,
        "written_at": rfc3339(letter.written_at),
        "state": letter.state.value,
        "tries": letter.tries,
    }


def _lines(letter: Letter, *, readable: bool) -> Iterator[str]:
    size = "size not recorded" if letter.size is None else f"{letter.size} bytes"
    yield f"{letter.place}  {letter.state.value}"
    yield f"    {letter.stage} said {letter.reason} at {rfc3339(letter.written_at)}; {size}"
    there = "is still in its topic" if readable else "is no longer in its topic"
    yield f"    the record {there}; tried {letter.tries} times"
    for noted in letter.notes:
        note = noted.note
        outcome = _DONE[note.outcome] if note.outcome else note.because
        to = f" ({note.written})" if note.written else ""
        yield f"    {note.action} by {note.by} at {rfc3339(noted.at)}: {outcome}{to}"


def _note(noted: Noted) -> dict[str, Any]:
    note = noted.note
    return {
        "action": note.action,
        "by": note.by,
        "at": rfc3339(noted.at),
        "because": note.because or None,
        "outcome": note.outcome,
        "written": note.written or None,
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: rfc3339(value) if isinstance(value, datetime) else value
        for name, value in values.items()
    }


def _time(moment: datetime | None) -> str:
    return rfc3339(moment) if moment else ""


def _table(*columns: str) -> Table:
    table = Table()
    for column in columns:
        table.add_column(column)
    return table
