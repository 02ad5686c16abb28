"""Patient flow: a hospital's notice of a discharge, and what the council answers.

Accepting and rejecting are events of their own: fetching a notice answers nothing.
"""

from typing import Annotated, Literal

from pydantic import Field

from concordat_events.fields import (
    Code,
    Data,
    Day,
    GssCode,
    Instant,
    Line,
    N,
    NhsNumber,
    OdsCode,
    P,
    Ref,
    S,
    Text,
)

Pathway = Literal["0", "1", "2", "3"]


class Patient(Data):
    """The person who leaves hospital."""

    ref: Annotated[Ref, P]
    name: Annotated[Line | None, P] = None
    dob: Annotated[Day | None, P] = None
    nhs_number: Annotated[NhsNumber | None, P] = None


class Contact(Data):
    """Whom to call about the notice."""

    name: Annotated[Line | None, P] = None
    team: Annotated[Line | None, N] = None
    telephone: Annotated[Line | None, P] = None


class DischargeNoticeIssued(Data):
    """`patient-flow.discharge-notice-issued.v1`: one patient is to leave and needs care.

    `hospital_ods` is the trust that answers go to; `council_gss` the council where the patient
    lives; `objection` whether the patient objects to this sharing.
    """

    ref: Annotated[Ref, N]
    issued_at: Annotated[Instant, P]
    hospital_ods: Annotated[OdsCode, N]
    council_gss: Annotated[GssCode, P]
    patient: Patient
    pathway: Annotated[Pathway, S]
    discharge_date: Annotated[Day, S]
    no_criteria_to_reside_at: Annotated[Instant | None, S] = None
    needs: Annotated[list[Code] | None, Field(max_length=30), S] = None
    patient_consulted: Annotated[bool | None, S] = None
    carer_consulted: Annotated[bool | None, S] = None
    chc_considered: Annotated[bool | None, S] = None
    objection: Annotated[bool, S]
    ward: Contact | None = None


class DischargeNoticeAccepted(Data):
    """`patient-flow.discharge-notice-accepted.v1`: the council takes the notice on."""

    ref: Annotated[Ref, N]
    notice_ref: Annotated[Ref, N]
    hospital_ods: Annotated[OdsCode, N]
    accepted_at: Annotated[Instant, P]
    care_from: Annotated[Day | None, S] = None
    worker: Contact | None = None


class DischargeNoticeRejected(Data):
    """`patient-flow.discharge-notice-rejected.v1`: the council sends the notice back, and why."""

    ref: Annotated[Ref, N]
    notice_ref: Annotated[Ref, N]
    hospital_ods: Annotated[OdsCode, N]
    rejected_at: Annotated[Instant, P]
    reason: Annotated[
        Literal["not_resident", "not_ready", "information_missing", "no_care_needed", "other"], S
    ]
    explanation: Annotated[Text | None, S] = None
    worker: Contact | None = None


class DischargeNoticeWithdrawn(Data):
    """`patient-flow.discharge-notice-withdrawn.v1`: the hospital takes its notice back."""

    ref: Annotated[Ref, N]
    notice_ref: Annotated[Ref, N]
    council_gss: Annotated[GssCode, P]
    pathway: Annotated[Pathway, S]
    withdrawn_at: Annotated[Instant, P]
    reason: Annotated[Literal["not_fit", "transferred", "left", "died", "objects", "mistake"], S]
