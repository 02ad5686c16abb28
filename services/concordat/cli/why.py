"""`concordat why`: who got an event, who did not, and the reason."""

import time
from typing import Annotated, Any

import httpx
import typer
from rich.console import Console
from rich.table import Table

from concordat.cli.console import put_json
from concordat.cli.target import AgencyOption, JsonOption, StateOption, answer_of, find_target

PATIENCE_SECONDS = 5.0


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
        Console().print(_table(told))


def _ask(client: httpx.Client, event_id: str) -> httpx.Response:
    # What has just been published is decided within moments.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        response = client.get(f"/v1/events/{event_id}")
        if response.status_code != httpx.codes.NOT_FOUND or time.monotonic() > deadline:
            return response
        time.sleep(0.2)


def _table(told: dict[str, Any]) -> Table:
    title = f"{told['type']}  {told['id']}  case {told['subject']}"
    table = Table(title=title, title_justify="left")
    for column in ("agency", "outcome", "under", "fields or reason"):
        table.add_column(column, overflow="fold")
    for candidate in told["candidates"]:
        shared = candidate["outcome"] == "shared"
        place = candidate.get("agreement") or ""
        shares = candidate.get("shares") or ([candidate["share"]] if candidate.get("share") else [])
        under = " / ".join([place, ", ".join(shares)]) if shares else place
        says = ", ".join(candidate.get("fields") or []) if shared else _reason(candidate)
        table.add_row(candidate["agency"], candidate["outcome"], under, says)
    return table


def _reason(candidate: dict[str, Any]) -> str:
    field = f" ({candidate['field']})" if candidate.get("field") else ""
    return f"{candidate['reason']}{field}: {candidate['because']}"
