"""`concordat inbox …`: read an agency's deliveries, acknowledge them."""

from typing import Annotated, Any

import typer

from concordat.cli.console import put, put_json, say
from concordat.cli.target import AgencyOption, JsonOption, StateOption, answer_of, find_target

app = typer.Typer(no_args_is_help=True, help="Read and acknowledge an agency's deliveries.")
PAGE = 500


@app.command()
def read(
    agency: AgencyOption,
    state: StateOption = None,
    all_: Annotated[bool, typer.Option("--all", help="Also what was acknowledged.")] = False,
    json: JsonOption = False,
) -> None:
    """Print the inbox, one delivery a line (NDJSON with --json). Acknowledges nothing."""
    with find_target(state).http(agency) as client:
        query: dict[str, str | int] = {"limit": PAGE, "all": "true" if all_ else "false"}
        while True:
            page = answer_of(client.get("/v1/inbox", params=query))
            for item in page["items"]:
                if json:
                    put_json(item)
                else:
                    put(_line(item))
            for stub in page["stopped"]:
                now = f" It is number {stub['moved_to']} now." if "moved_to" in stub else ""
                say(f"{stub['seq']}: {stub['because']}{now}")
            if not page["items"] and not page["stopped"]:
                return
            query["after"] = page["cursor"]


@app.command()
def ack(
    agency: AgencyOption,
    seqs: Annotated[list[int], typer.Argument(help="Numbers to acknowledge.", min=1)],
    state: StateOption = None,
) -> None:
    """Acknowledge deliveries by their numbers. Doing it twice is harmless."""
    with find_target(state).http(agency) as client:
        put_json(answer_of(client.post("/v1/inbox/ack", json={"seqs": seqs})))


def _line(item: dict[str, Any]) -> str:
    delivery = item["delivery"]
    mark = "synthetic " if delivery.get("synthetic") else ""
    mark += f"{item['arrived']} " if "arrived" in item else ""
    return (
        f"{item['seq']:>8}  {delivery['type']}  case {delivery['subject']}  "
        f"from {delivery['origin'].removeprefix('//')}  {mark}under {delivery['agreement']}"
    )
