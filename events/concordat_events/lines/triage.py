"""Triage, across service lines: what each agency holds on a case, before anybody meets."""

from typing import Annotated, Literal

from pydantic import Field

from concordat_events.fields import Code, Data, Day, Line, N, P, Ref, S


class Worker(Data):
    """Who to call at the answering agency."""

    name: Annotated[Line | None, P] = None
    team: Annotated[Line | None, N] = None


class Reservation(Data):
    """Whether the answering agency holds more than it says here, and why it does not say it."""

    any: Annotated[bool, S]
    reason: Annotated[Line | None, S] = None


class ResponseGiven(Data):
    """`triage.response-given.v1`: one agency's answer on a case."""

    ref: Annotated[Ref, N]
    known: Annotated[Literal["open", "closed", "never"], S]
    last_contact: Annotated[Day | None, S] = None
    worker: Worker | None = None
    risk_items: Annotated[list[Code] | None, Field(max_length=30), S] = None
    withheld: Reservation | None = None
