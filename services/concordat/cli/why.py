"""`concordat why`: who got an event, who did not, and the reason."""

import time
from collections.abc import Iterator
from textwrap import wrap
from typing import Annotated, Any

import httpx
import typer

from concordat.cli.console import put, put_json
from concordat.cli.target import AgencyOption, JsonOption, StateOption, answer_of, find_target

PATIENCE_SECONDS = 5.0
WIDTH = 96
INDENT = " " * 10


def why(
    event_id: Annotated[str, typer.Argument(help="The event's id.")],
    agency: AgencyOption,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Say for one event of AGENCY who received which fields, and why the others did not."""
    with find_target(state).http(agency) as client:
        told = answer_of(_ask(client, event_id))
    if json:
        put_json(told)
    else:
        for line in _lines(told):
            put(line)


def _ask(client: httpx.Client, event_id: str) -> httpx.Response:
    # What has just been published is decided within moments.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        response = client.get(f"/v1/events/{event_id}")
        if response.status_code != httpx.codes.NOT_FOUND or time.monotonic() > deadline:
            return response
        time.sleep(0.2)


def _lines(told: dict[str, Any]) -> Iterator[str]:
    yield f"{told['type']}  {told['id']}  case {told['subject']}"
    for candidate in told["candidates"]:
        shared = candidate["outcome"] == "shared"
        yield f"{candidate['outcome']:<9} {candidate['agency']}{_under(candidate)}"
        says = ", ".join(candidate.get("fields") or []) if shared else _reason(candidate)
        yield from wrap(says, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)
    for what in ("repeats", "conflicts"):
        if told.get(what):
            yield f"{told[what]} {what}: published again under this id, without effect"


def _under(candidate: dict[str, Any]) -> str:
    shares = candidate.get("shares") or ([candidate["share"]] if candidate.get("share") else [])
    if not candidate.get("agreement"):
        return ""
    return f"  under {candidate['agreement']} v{candidate['version']}: {', '.join(shares)}"


def _reason(candidate: dict[str, Any]) -> str:
    field = f" ({candidate['field']})" if candidate.get("field") else ""
    return f"{candidate['reason']}{field}: {candidate['because']}"
