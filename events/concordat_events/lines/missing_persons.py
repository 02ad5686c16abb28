"""Missing persons: the report, the profile that answers it, the return, the interview after it."""

from typing import Annotated, Literal

from pydantic import Field

from concordat_events.fields import (
    Code,
    Count,
    Data,
    Day,
    GssCode,
    HomeUrn,
    Instant,
    Line,
    N,
    NhsNumber,
    P,
    Ref,
    S,
    Text,
    X,
)

# The College of Policing's grades of the day: a new list of grades is a new event type.
Grade = Literal["no_apparent_risk", "low", "medium", "high"]


class Person(Data):
    """The person who is, or was, missing."""

    ref: Annotated[Ref, P]
    name: Annotated[Line | None, P] = None
    dob: Annotated[Day | None, P] = None


class ReportedPerson(Person):
    """The same, as the report says it."""

    nhs_number: Annotated[NhsNumber | None, P] = None
    looked_after: Annotated[bool | None, S] = None


class LastSeen(Data):
    """When and where the person was seen last; the place itself is sealed."""

    at: Annotated[Instant | None, P] = None
    district: Annotated[Line | None, P] = None
    place: Annotated[Line | None, X] = None


class Placement(Data):
    """Who looks after the person: the home's number with Ofsted, and the council that placed."""

    home_urn: Annotated[HomeUrn | None, X] = None
    authority_gss: Annotated[GssCode | None, S] = None


class PersonReported(Data):
    """`missing-persons.person-reported.v1`: one person reported missing, graded."""

    ref: Annotated[Ref, N]
    reported_at: Annotated[Instant, P]
    missing_person: ReportedPerson
    age_at_event: Annotated[Count | None, P] = None
    grade: Annotated[Grade, S]
    last_seen: LastSeen | None = None
    placement: Placement | None = None
    exploitation_concern: Annotated[bool | None, S] = None
    medical_need: Annotated[Line | None, S] = None
    episodes_90d: Annotated[Count | None, S] = None
    circumstances: Annotated[Text | None, S] = None


class PersonLocated(Data):
    """`missing-persons.person-located.v1`: the person is found; `grade` is the last one given."""

    ref: Annotated[Ref, N]
    report_ref: Annotated[Ref, N]
    located_at: Annotated[Instant, P]
    missing_person: Person
    age_at_event: Annotated[Count | None, P] = None
    grade: Annotated[Grade, S]
    located_by: Annotated[Literal["police", "carer", "public", "returned"] | None, S] = None
    harm: Annotated[bool | None, S] = None
    prevention_interview: Annotated[Literal["done", "refused", "due"] | None, S] = None
    placement: Placement | None = None
    place: Annotated[Line | None, X] = None


class Appearance(Data):
    """What somebody who searches looks for."""

    height_cm: Annotated[Count | None, P] = None
    build: Annotated[Line | None, P] = None
    hair: Annotated[Line | None, P] = None
    marks: Annotated[Line | None, S] = None
    photograph_ref: Annotated[Ref | None, P] = None


class TrustedAdult(Data):
    """Whom the person would speak to."""

    name: Annotated[Line | None, P] = None
    telephone: Annotated[Line | None, P] = None


class ProfileSupplied(Data):
    """`missing-persons.profile-supplied.v1`: a carer's answer to one report, never sent before it.

    `report_ref` is the report's `ref`; the event stands on the report's case.
    """

    ref: Annotated[Ref, N]
    report_ref: Annotated[Ref, N]
    supplied_at: Annotated[Instant, P]
    missing_person: Person
    appearance: Appearance | None = None
    trusted_adult: TrustedAdult | None = None
    medication: Annotated[Line | None, S] = None
    vulnerabilities: Annotated[list[Code] | None, Field(max_length=30), S] = None
    telephone: Annotated[Line | None, X] = None
    accounts: Annotated[list[Line] | None, Field(max_length=20), X] = None
    companions: Annotated[list[Line] | None, Field(max_length=20), X] = None
    places: Annotated[list[Line] | None, Field(max_length=20), X] = None


class ReturnInterviewCompleted(Data):
    """`missing-persons.return-interview-completed.v1`: what an independent interviewer was told.

    It may speak of harm at home or in care: what was said stands apart from what can be acted on.
    """

    ref: Annotated[Ref, N]
    report_ref: Annotated[Ref, N]
    missing_person: Person
    offered_at: Annotated[Instant, P]
    held_at: Annotated[Instant | None, P] = None
    accepted: Annotated[bool, S]
    push: Annotated[list[Code] | None, Field(max_length=30), S] = None
    pull: Annotated[list[Code] | None, Field(max_length=30), S] = None
    harm: Annotated[bool | None, S] = None
    harm_where_living: Annotated[bool | None, X] = None
    with_whom: Annotated[list[Line] | None, Field(max_length=20), X] = None
    places: Annotated[list[Line] | None, Field(max_length=20), X] = None
    said: Annotated[Text | None, X] = None
