"""MARAC: the conference on adults at high risk, and the referral to its coordinator."""

from typing import Annotated, Literal

from pydantic import Field

from concordat_events.fields import Count, Data, Instant, Line, N, P, Ref, S, Text, X
from concordat_events.lines.domestic_abuse import AllegedPerpetrator, Child, SafeContact, Victim


class Referrer(Data):
    """Who brings the case."""

    name: Annotated[Line | None, P] = None
    team: Annotated[Line | None, N] = None
    telephone: Annotated[Line | None, P] = None


class MaracReferralSubmitted(Data):
    """`domestic-abuse.marac-referral-submitted.v1`: one victim referred, and why.

    `safe_to_talk_to` and `unsafe_to_talk_to` are people around the victim, in the victim's words.
    """

    ref: Annotated[Ref, N]
    referred_at: Annotated[Instant, P]
    criteria: Annotated[
        Literal["visible_high", "professional_judgement", "escalation", "repeat"], S
    ]
    consent_basis: Annotated[Literal["consent", "risk_without_consent"], S]
    victim_aware: Annotated[bool | None, S] = None
    ticks: Annotated[int | None, Field(ge=0, le=27), S] = None
    repeats_12m: Annotated[Count | None, S] = None
    victim: Victim
    alleged_perpetrator: AllegedPerpetrator | None = None
    children: Annotated[list[Child] | None, Field(max_length=30)] = None
    child_count: Annotated[Count | None, S] = None
    referrer: Referrer | None = None
    reasons: Annotated[Text | None, S] = None
    safe_contact: SafeContact | None = None
    afraid_of: Annotated[Text | None, X] = None
    safe_to_talk_to: Annotated[list[Line] | None, Field(max_length=20), X] = None
    unsafe_to_talk_to: Annotated[list[Line] | None, Field(max_length=20), X] = None
