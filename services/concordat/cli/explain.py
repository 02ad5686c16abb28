"""`concordat agreements explain`: every share and condition considered for an event."""

import asyncio
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote

import typer
from pydantic import TypeAdapter, ValidationError

from concordat.agreements.day import rfc3339
from concordat.cli.console import NEGATIVE, TRY_AGAIN, fail, put, put_json
from concordat.cli.explanation_lines import lines_of
from concordat.cli.target import JsonOption, StateOption, Target, answer_of, find_target
from concordat.runtime.clock import system_clock
from concordat.runtime.logs import configure_logs
from concordat_events.fields import Instant


def explain(
    event_id: Annotated[str, typer.Argument(help="The event's id.")],
    agency: Annotated[
        str | None, typer.Option("--agency", help="The agency that published it.")
    ] = None,
    auditor: Annotated[
        bool, typer.Option("--auditor", help="Ask as the auditor, of any agency's event.")
    ] = False,
    source: Annotated[
        str | None,
        typer.Option("--source", help="Which agency's event, where several have this id."),
    ] = None,
    at: Annotated[
        str | None,
        typer.Option("--at", help="A past instant, 2026-11-22T12:00:00Z; else now."),
    ] = None,
    state: StateOption = None,
    json: JsonOption = False,
) -> None:
    """Say for one event which agency gets what and why: every share, condition and field."""
    if (agency is None) == (not auditor):
        raise typer.BadParameter("say who asks: --agency PUBLISHER, or --auditor")
    if source is not None and not auditor:
        raise typer.BadParameter("only the auditor may name a --source")
    moment = _instant(at)
    target = find_target(state)
    if agency is not None:
        told = _as_publisher(target, event_id, agency, moment)
    else:
        told = _as_auditor(target, event_id, source, moment or system_clock())
    if json:
        put_json(told)
    else:
        for line in lines_of(told):
            put(line)


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        moment: datetime = TypeAdapter(Instant).validate_python(text)
    except ValidationError:
        raise typer.BadParameter("--at is not an instant as RFC 3339 writes it") from None
    if moment > system_clock():
        raise typer.BadParameter("--at is in the future")
    return moment


def _as_publisher(target: Target, event_id: str, agency: str, at: datetime | None) -> Any:
    query = {"at": rfc3339(at)} if at else {}
    with target.http(agency) as client:
        path = f"/v1/events/{quote(event_id, safe='')}/explanation"
        return answer_of(client.get(path, params=query))


def _as_auditor(target: Target, event_id: str, source: str | None, at: datetime) -> Any:
    from concordat.inbox.explain_to_auditor import (  # noqa: PLC0415 - loads the API's parts
        SeveralEvents,
        UnknownEvent,
        explain_to_auditor,
    )
    from concordat.kafka.incident import IncidentsUnavailable  # noqa: PLC0415
    from concordat.stages.explain_incident import NotThisEvent  # noqa: PLC0415

    configure_logs("explain")  # to stderr: stdout is for the answer
    dsn, kafka = target.auditor_dsn, target.kafka
    asking = explain_to_auditor(dsn, kafka, target.topics, event_id, at=at, publisher=source)
    try:
        told = asyncio.run(asking)
    except UnknownEvent:
        fail("no event was decided under this id", NEGATIVE)
    except SeveralEvents as error:
        publishers = ", ".join(error.publishers)
        fail(f"several agencies published under this id: {publishers}; name a --source", NEGATIVE)
    except NotThisEvent:
        fail("the log no longer holds this event; what was decided still stands", NEGATIVE)
    except (IncidentsUnavailable, TimeoutError):
        fail("Kafka does not answer; try again", TRY_AGAIN)
    return told.model_dump(mode="json", exclude_none=True)
