"""Route: one admitted event in, one routed record out: the decision and the permitted fields."""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from concordat.agreements.book import Book
from concordat.agreements.day import london_day, rfc3339
from concordat.agreements.decide import decide
from concordat.agreements.decision import Grant, Withheld
from concordat.agreements.reason import Reason
from concordat.kafka.topics import Topics
from concordat.stages.dead_letter import dead_letter
from concordat.stages.grade import grade_of
from concordat.stages.record import JSON, Output, Record, Stage
from concordat.stages.routed import RoutedRecord, SharedRecord, write_routed


class Incident(msgspec.Struct):
    """What route reads of an admitted event; `data` stays bytes until a view decodes it."""

    id: str
    source: str
    type: str
    subject: str
    time: str
    data: msgspec.Raw
    withholdfrom: str | None = None
    synthetic: bool = False
    traceparent: str | None = None


class DeliveryEvent(msgspec.Struct, omit_defaults=True):
    """A delivery as it leaves: the CloudEvent of `concordat_events.delivery.Delivery`."""

    specversion: str
    id: str
    source: str
    type: str
    subject: str
    time: str
    origin: str
    originid: str
    agreement: str
    agreementversion: int
    shares: str
    purpose: str
    gateway: str
    lawfulbasis: str
    onward: str
    withheld: str
    data: Any
    keepuntil: str | None = None
    collectby: str | None = None
    synthetic: bool = False


UNDECODABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)

_read = msgspec.json.Decoder(Incident).decode
_encode = msgspec.json.Encoder().encode


def route_stage(topics: Topics, content_key: bytes) -> Stage:
    """Return the route stage; `content_key` keys the HMAC by which contents are compared."""

    def route(records: Sequence[Record], book: Book, now: datetime) -> list[Output]:
        turn = Turn(book, now, content_key)
        outputs = []
        for record in records:
            try:
                routed = turn.decide(record)
            except UNDECODABLE:
                routed = turn.unreadable(record)
                letter = dead_letter(topics.dead_letters, "route", record, Reason.UNREADABLE)
                outputs.append(letter)
            key = record.key or b""
            outputs.append(Output(topics.routed, key, write_routed(routed), JSON))
        return outputs

    return route


class Turn:
    """What the decisions of one batch have in common."""

    def __init__(self, book: Book, now: datetime, content_key: bytes) -> None:
        self._book, self._key = book, content_key
        self._now, self._day = now, london_day(now)
        self._decided_at = rfc3339(now)

    def decide(self, record: Record) -> RoutedRecord:
        """Decide and project; raises what decoding raises for an incident that cannot be read."""
        value = record.value or b""
        incident = _read(value)
        publisher = incident.source.removeprefix("//")
        denied = frozenset((incident.withholdfrom or "").split(","))
        plan = self._book.plan(incident.type, publisher, self._day)
        decision = decide(plan, incident.data, denied)
        return RoutedRecord(
            source=incident.source,
            id=incident.id,
            type=incident.type,
            subject=incident.subject,
            time=incident.time,
            publisher=publisher,
            admission=(record.partition, record.offset),
            content=self._content(value, incident),
            register=self._book.register_offset,
            decided_at=self._decided_at,
            shared=[self._share(incident, grant) for grant in decision.grants],
            withheld=decision.withheld,
            synthetic=incident.synthetic,
            grade=grade_of(incident.type, incident.data, decision.withheld),
            log=record.log or None,
        )

    def unreadable(self, record: Record) -> RoutedRecord:
        """Withhold from everybody: what it is about cannot be known."""
        return RoutedRecord(
            source="//unreadable",
            id=f"unreadable-{record.partition}-{record.offset}",
            type="",
            subject="",
            time=self._decided_at,
            publisher="",
            admission=(record.partition, record.offset),
            content="",
            register=self._book.register_offset,
            decided_at=self._decided_at,
            shared=[],
            withheld=[
                Withheld(agency, Reason.UNREADABLE) for agency in sorted(self._book.agencies)
            ],
            log=record.log or None,
        )

    def _content(self, value: bytes, incident: Incident) -> str:
        # A trace context differs on every publication of one event; it is not its content.
        if incident.traceparent is not None:
            whole = msgspec.json.decode(value)
            del whole["traceparent"]
            value = msgspec.json.encode(whole, order="sorted")
        return hmac.digest(self._key, value, "sha256").hex()

    def _share(self, incident: Incident, grant: Grant) -> SharedRecord:
        delivery_id = delivery_id_of(
            incident.source, incident.id, grant.agency, grant.agreement, grant.law
        )
        keep_until = None
        if grant.keep_days is not None:
            keep_until = (self._day + timedelta(days=grant.keep_days)).isoformat()
        collect_by = None
        if grant.collect_within_hours is not None:
            collect_by = rfc3339(self._now + timedelta(hours=grant.collect_within_hours))
        delivery = DeliveryEvent(
            specversion="1.0",
            id=delivery_id,
            source="//concordat",
            type=incident.type,
            subject=incident.subject,
            time=incident.time,
            origin=incident.source,
            originid=incident.id,
            agreement=grant.agreement,
            agreementversion=grant.version,
            shares=",".join(grant.shares),
            purpose=grant.purpose,
            gateway=grant.gateway,
            lawfulbasis=grant.lawful_basis,
            onward=grant.onward,
            withheld=grant.withheld,
            data=grant.view.project(incident.data),
            keepuntil=keep_until,
            collectby=collect_by,
            synthetic=incident.synthetic,
        )
        return SharedRecord(
            agency=grant.agency,
            id=delivery_id,
            agreement=grant.agreement,
            version=grant.version,
            digest=grant.digest,
            law=grant.law,
            shares=list(grant.shares),
            fields=list(grant.view.fields),
            delivery=msgspec.Raw(_encode(delivery)),
            keepuntil=keep_until,
            collectby=collect_by,
        )


def delivery_id_of(source: str, event_id: str, agency: str, agreement: str, law: str) -> str:
    """Return the identity of a delivery: the same event, recipient and law give the same id."""
    parts = "\0".join((source, event_id, agency, agreement, law))
    return hashlib.blake2b(parts.encode(), digest_size=16).hexdigest()
