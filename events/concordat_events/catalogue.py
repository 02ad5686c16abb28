"""The published event types and their models."""

from collections.abc import Mapping
from types import MappingProxyType

from concordat_events.fields import Data
from concordat_events.lines.child_exploitation import ConcernScreened, IntelligenceSubmitted
from concordat_events.lines.community_safety import CrimeRecorded
from concordat_events.lines.domestic_abuse import IncidentRecorded
from concordat_events.lines.encompass import SchoolNotified
from concordat_events.lines.marac import MaracReferralSubmitted
from concordat_events.lines.missing_persons import (
    PersonLocated,
    PersonReported,
    ProfileSupplied,
    ReturnInterviewCompleted,
)
from concordat_events.lines.patient_flow import (
    DischargeNoticeAccepted,
    DischargeNoticeIssued,
    DischargeNoticeRejected,
    DischargeNoticeWithdrawn,
)
from concordat_events.lines.triage import ResponseGiven

CATALOGUE: Mapping[str, type[Data]] = MappingProxyType(
    {
        "child-exploitation.concern-screened.v1": ConcernScreened,
        "child-exploitation.intelligence-submitted.v1": IntelligenceSubmitted,
        "community-safety.crime-recorded.v1": CrimeRecorded,
        "domestic-abuse.incident-recorded.v1": IncidentRecorded,
        "domestic-abuse.marac-referral-submitted.v1": MaracReferralSubmitted,
        "domestic-abuse.school-notified.v1": SchoolNotified,
        "missing-persons.person-located.v1": PersonLocated,
        "missing-persons.person-reported.v1": PersonReported,
        "missing-persons.profile-supplied.v1": ProfileSupplied,
        "missing-persons.return-interview-completed.v1": ReturnInterviewCompleted,
        "patient-flow.discharge-notice-accepted.v1": DischargeNoticeAccepted,
        "patient-flow.discharge-notice-issued.v1": DischargeNoticeIssued,
        "patient-flow.discharge-notice-rejected.v1": DischargeNoticeRejected,
        "patient-flow.discharge-notice-withdrawn.v1": DischargeNoticeWithdrawn,
        "triage.response-given.v1": ResponseGiven,
    }
)
