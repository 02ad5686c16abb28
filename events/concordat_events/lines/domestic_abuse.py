"""Domestic abuse: what an attending officer records (DASH, DARA)."""

from typing import Annotated, Literal

from pydantic import Field

from concordat_events.fields import (
    Code,
    Count,
    Data,
    Day,
    Instant,
    Line,
    LsoaCode,
    N,
    NhsNumber,
    P,
    Postcode,
    Ref,
    S,
    SchoolUrn,
    Text,
    Uprn,
    X,
)


class Address(Data):
    """Where a person can be found: sealed, whoever lives there."""

    kind: Annotated[Literal["home", "former_shared", "new", "refuge", "other"] | None, X] = None
    line: Annotated[Line | None, X] = None
    postcode: Annotated[Postcode | None, X] = None
    uprn: Annotated[Uprn | None, X] = None


class Victim(Data):
    """The person harmed."""

    ref: Annotated[Ref, P]
    name: Annotated[Line | None, P] = None
    dob: Annotated[Day | None, P] = None
    nhs_number: Annotated[NhsNumber | None, P] = None
    care_needs: Annotated[bool | None, S] = None
    address: Address | None = None


class AllegedPerpetrator(Data):
    """The person said to have done it."""

    ref: Annotated[Ref, P]
    name: Annotated[Line | None, S] = None
    dob: Annotated[Day | None, S] = None
    warnings: Annotated[list[Code] | None, Field(max_length=20), S] = None
    supervised: Annotated[bool | None, S] = None
    care_needs: Annotated[bool | None, S] = None
    address: Address | None = None


class Child(Data):
    """A child of the household, present or not."""

    ref: Annotated[Ref, P]
    name: Annotated[Line | None, P] = None
    dob: Annotated[Day | None, P] = None
    school_urn: Annotated[SchoolUrn | None, P] = None
    present: Annotated[bool | None, S] = None
    voice: Annotated[Text | None, S] = None


class Witness(Data):
    """Somebody who saw it."""

    ref: Annotated[Ref, P]


class SafeContact(Data):
    """How and when the victim can be reached without the perpetrator knowing."""

    method: Annotated[Line | None, X] = None
    window: Annotated[Line | None, X] = None


class Scene(Data):
    """Where it happened: the area for routing, the address sealed."""

    district: Annotated[Line | None, P] = None
    lsoa_code: Annotated[LsoaCode | None, P] = None
    postcode: Annotated[Postcode | None, X] = None
    uprn: Annotated[Uprn | None, X] = None


class IncidentRecorded(Data):
    """`domestic-abuse.incident-recorded.v1`: one incident, graded, with the people it concerns."""

    ref: Annotated[Ref, N]
    occurred_at: Annotated[Instant, P]
    recorded_at: Annotated[Instant | None, N] = None
    incident_class: Annotated[Literal["crime", "non_crime"] | None, S] = None
    offences: Annotated[list[Code] | None, Field(max_length=20), S] = None
    tool: Annotated[Literal["DASH", "DARA"] | None, N] = None
    grade: Annotated[Literal["standard", "medium", "high"], S]
    ticks: Annotated[int | None, Field(ge=0, le=27), S] = None
    secondary: Annotated[bool | None, N] = None
    victim: Victim
    alleged_perpetrator: AllegedPerpetrator | None = None
    children: Annotated[list[Child] | None, Field(max_length=30)] = None
    child_count: Annotated[Count | None, S] = None
    witnesses: Annotated[list[Witness] | None, Field(max_length=30)] = None
    relationship: Annotated[Code | None, S] = None
    pregnant: Annotated[bool | None, S] = None
    weapon: Annotated[bool | None, S] = None
    separated: Annotated[bool | None, S] = None
    repeats_12m: Annotated[Count | None, S] = None
    safe_contact: SafeContact | None = None
    victim_aware: Annotated[bool | None, S] = None
    consent: Annotated[Literal["given", "refused", "not_sought_unsafe"] | None, S] = None
    location: Scene | None = None
    narrative: Annotated[Text | None, S] = None
