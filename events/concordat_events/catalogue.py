"""The published event types and their models."""

from collections.abc import Mapping
from types import MappingProxyType

from concordat_events.fields import Data
from concordat_events.lines.community_safety import CrimeRecorded
from concordat_events.lines.domestic_abuse import IncidentRecorded
from concordat_events.lines.triage import ResponseGiven

CATALOGUE: Mapping[str, type[Data]] = MappingProxyType(
    {
        "community-safety.crime-recorded.v1": CrimeRecorded,
        "domestic-abuse.incident-recorded.v1": IncidentRecorded,
        "triage.response-given.v1": ResponseGiven,
    }
)
