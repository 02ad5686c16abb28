"""Rows of two agencies in every table, written as the roles that may write them."""

import asyncpg

from concordat.postgres.roles import DELIVER
from integration.postgres.databases import Database

AGENCIES = ("women-s-aid", "schools")

_EACH = (
    "INSERT INTO concordat.inbox (agency, last_seq) VALUES ($1, 1)",
    """INSERT INTO concordat.delivery (agency, seq, id, source, event_id, publisher, subject,
       event_type, agreement, version, law, shares, body, register_offset)
       VALUES ($1, 1, md5($1), '//police', 'event-0001', 'police', 'case-0001', 't', 'worcs', 1,
       'safeguard', 'all', '{}', 1)""",
    """INSERT INTO concordat.event (source, id, publisher, type, subject, synthetic, content,
       admission_partition, admission_offset, register_offset, decided_at, shared, withheld)
       VALUES ('//' || $1, 'event-0001', $1, 't', 'case-0001', false, '', 0, hashtext($1)::bigint
       + 3000000000, 1, now(), '[]', '[]')""",
    """INSERT INTO concordat.repeat (admission_partition, admission_offset, source, id, publisher,
       conflict) VALUES (1, hashtext($1)::bigint + 3000000000, '//' || $1, 'event-0001', $1,
       true)""",
)
_STUBS = (
    """INSERT INTO concordat.stub (agency, seq, delivery_id, reason, moved_to)
       VALUES ($1, 1, md5($1), 'RELEASED', 2)""",
    """INSERT INTO concordat.redecision (replay, source, id, agency, publisher, register_offset,
       decided_at, shared, withheld, delivered)
       VALUES ('replay-1', '//' || $1, 'event-0001', 'probation', $1, 1, now(), '[]', '[]',
       '[]')""",
)
_ONCE = (
    "INSERT INTO concordat.consumed VALUES ('routed', 0, 7, 'cluster', 'topic', now())",
    "INSERT INTO concordat.unreadable_routed VALUES ('routed', 0, 5, 'EMPTY', now())",
)


async def fill(database: Database) -> None:
    """One row of each agency in each table that has agency data."""
    connection = await asyncpg.connect(database.dsn(DELIVER))
    for agency in AGENCIES:
        for statement in (*_EACH, *_STUBS):
            await connection.execute(statement, agency)
    for statement in _ONCE:
        await connection.execute(statement)
    await connection.close()
