"""Decisions with their deliveries, stored as deliver stores them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import asyncpg

from concordat.postgres.roles import AUDITOR, DELIVER
from integration.postgres.databases import Database

CRIME = "community-safety.crime-recorded.v1"
EVENT_TIME = datetime(2025, 12, 1, tzinfo=UTC)

_EVENT = """
INSERT INTO concordat.event (source, id, publisher, type, subject, event_time, synthetic, content,
    admission_partition, admission_offset, register_offset, decided_at, shared, withheld)
VALUES ('//police', $1, 'police', $2, $3, $4, false, '', 0, $5, 7, now(), $6, $7)
"""
_DELIVERY = """
INSERT INTO concordat.delivery (agency, seq, id, source, event_id, publisher, subject, event_type,
    agreement, version, law, shares, body, stored_at, numbered_at, keep_until,
    register_offset)
VALUES ($1, $2, $3, '//police', $4, 'police', $5, $6, $7, $8, $9, $10, '{"canary": 1}', $11, $11,
    $12, 7)
"""
_REDECISION = """
INSERT INTO concordat.redecision (replay, source, id, agency, publisher, register_offset,
    decided_at, shared, withheld, delivered)
VALUES ('replay-1', '//police', $1, $2, 'police', 8, now(), $3, '[]', '[]')
"""
_REPLACE = """
UPDATE concordat.delivery SET version = $3, shares = $4, arrived = 'replayed', register_offset = 8,
    numbered_at = $5
WHERE agency = $2 AND id = $1
"""


@dataclass(frozen=True)
class Grant:
    """What one agency is given of an event."""

    agency: str
    fields: Sequence[str]
    shares: Sequence[str] = ("all-crimes",)
    agreement: str = "test-agreement"
    version: int = 1
    law: str = "protect"


@dataclass
class Decisions:
    """Writes decisions into a database, one after the other."""

    database: Database
    count: int = 0

    async def store(
        self,
        event_id: str,
        *grants: Grant,
        case: str = "case-0001",
        withheld: Sequence[str] = (),
        stored_at: datetime,
    ) -> None:
        """An event of the police with its deliveries, and those that nothing was given to."""
        connection = await asyncpg.connect(self.database.dsn(DELIVER))
        try:
            reasons = [{"agency": agency, "reason": "CONDITION_FALSE"} for agency in withheld]
            shared = [self._justification(event_id, grant) for grant in grants]
            self.count += 1
            values = (event_id, CRIME, case, EVENT_TIME, self.count)
            await connection.execute(_EVENT, *values, json.dumps(shared), json.dumps(reasons))
            for grant in grants:
                await self._deliver(connection, event_id, grant, case, stored_at)
        finally:
            await connection.close()

    async def decide_again(
        self, event_id: str, grant: Grant, *, case: str = "case-0001", new: bool, at: datetime
    ) -> None:
        """A replay's decision for one agency: a `new` copy, or one in the old one's place."""
        connection = await asyncpg.connect(self.database.dsn(DELIVER))
        try:
            shared = json.dumps([self._justification(event_id, grant)])
            await connection.execute(_REDECISION, event_id, grant.agency, shared)
            if new:
                await self._deliver(connection, event_id, grant, case, at)
            else:
                shares = ",".join(grant.shares)
                place = (_delivery_id(event_id, grant), grant.agency)
                await connection.execute(_REPLACE, *place, grant.version, shares, at)
        finally:
            await connection.close()

    async def _deliver(
        self,
        connection: asyncpg.Connection,
        event_id: str,
        grant: Grant,
        case: str,
        stored_at: datetime,
    ) -> None:
        self.count += 1
        await connection.execute(
            _DELIVERY,
            grant.agency,
            self.count,
            _delivery_id(event_id, grant),
            event_id,
            case,
            CRIME,
            grant.agreement,
            grant.version,
            grant.law,
            ",".join(grant.shares),
            stored_at,
            stored_at.date(),
        )

    async def mark(self, column: str, agency: str, event_id: str, at: datetime) -> None:
        """Say when an agency collected or acknowledged its copy."""
        connection = await asyncpg.connect(self.database.superuser)
        try:
            await connection.execute(
                f"UPDATE concordat.delivery SET {column} = $1 WHERE agency = $2 AND event_id = $3",
                at,
                agency,
                event_id,
            )
        finally:
            await connection.close()

    @property
    def auditor(self) -> str:
        """The address of the database for the auditor."""
        return self.database.dsn(AUDITOR)

    @staticmethod
    def _justification(event_id: str, grant: Grant) -> dict[str, Any]:
        return {
            "agency": grant.agency,
            "agreement": grant.agreement,
            "version": grant.version,
            "digest": "d" * 64,
            "law": grant.law,
            "shares": list(grant.shares),
            "fields": list(grant.fields),
            "delivery_id": _delivery_id(event_id, grant),
        }


def _delivery_id(event_id: str, grant: Grant) -> str:
    return f"{event_id}-{grant.agency}-{grant.law}"
