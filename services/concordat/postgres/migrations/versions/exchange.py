"""The exchange: decisions, inboxes, the consumed offsets beside them, and who may see what.

Plain SQL for PostgreSQL 15 to 18, no extensions. Roles are made by `concordat.postgres.roles`.
"""

import secrets

from alembic import op

revision = "0001"
down_revision = None

_TABLES = """
CREATE TABLE concordat.exchange (
    singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
    generation text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE concordat.consumed (
    topic text NOT NULL,
    partition integer NOT NULL CHECK (partition >= 0),
    next_offset bigint NOT NULL CHECK (next_offset >= 0),
    cluster_id text NOT NULL,
    topic_id text NOT NULL,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition)
);
CREATE TABLE concordat.event (
    source text NOT NULL,
    id text NOT NULL,
    publisher text NOT NULL,
    type text NOT NULL,
    subject text NOT NULL,
    event_time timestamptz,
    synthetic boolean NOT NULL,
    content bytea NOT NULL,
    admission_partition integer NOT NULL CHECK (admission_partition >= 0),
    admission_offset bigint NOT NULL CHECK (admission_offset >= 0),
    register_offset bigint NOT NULL,
    decided_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    shared jsonb NOT NULL,
    withheld jsonb NOT NULL,
    PRIMARY KEY (source, id),
    UNIQUE (admission_partition, admission_offset)
);
CREATE TABLE concordat.repeat (
    admission_partition integer NOT NULL CHECK (admission_partition >= 0),
    admission_offset bigint NOT NULL CHECK (admission_offset >= 0),
    source text NOT NULL,
    id text NOT NULL,
    publisher text NOT NULL,
    conflict boolean NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (admission_partition, admission_offset)
);
CREATE INDEX repeat_of ON concordat.repeat (source, id);
CREATE TABLE concordat.inbox (
    agency text PRIMARY KEY CHECK (agency <> ''),
    last_seq bigint NOT NULL CHECK (last_seq >= 0)
);
CREATE TABLE concordat.delivery (
    agency text NOT NULL CHECK (agency <> ''),
    seq bigint NOT NULL CHECK (seq > 0),
    id text NOT NULL,
    source text NOT NULL,
    event_id text NOT NULL,
    publisher text NOT NULL,
    subject text NOT NULL,
    agreement text NOT NULL,
    version integer NOT NULL,
    law text NOT NULL,
    shares text NOT NULL,
    body text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    collected_at timestamptz,
    acknowledged_at timestamptz,
    keep_until date,
    PRIMARY KEY (agency, seq),
    UNIQUE (agency, id)
);
CREATE INDEX delivery_open ON concordat.delivery (agency, seq) WHERE acknowledged_at IS NULL;
CREATE TABLE concordat.unreadable_routed (
    topic text NOT NULL,
    partition integer NOT NULL,
    "offset" bigint NOT NULL,
    reason text NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (topic, partition, "offset")
)
"""

_PRIVATE = ("consumed", "event", "repeat", "inbox", "delivery", "unreadable_routed")

# After a transaction the setting is '' and not NULL: neither is an agency.
_SCOPE = "nullif(current_setting('concordat.agency', true), '')"

_API = {"event": "publisher", "repeat": "publisher", "inbox": "agency", "delivery": "agency"}

_GRANTS = """
GRANT USAGE ON SCHEMA concordat TO concordat_deliver, concordat_api, concordat_auditor;
GRANT SELECT ON concordat.exchange TO concordat_deliver, concordat_api, concordat_auditor;
GRANT SELECT, INSERT, UPDATE, DELETE ON concordat.consumed TO concordat_deliver;
GRANT SELECT, INSERT ON concordat.event, concordat.repeat, concordat.unreadable_routed
    TO concordat_deliver;
GRANT SELECT, INSERT, UPDATE (last_seq) ON concordat.inbox TO concordat_deliver;
GRANT INSERT, SELECT (agency, seq, id) ON concordat.delivery TO concordat_deliver;
GRANT SELECT ON concordat.event, concordat.repeat, concordat.inbox, concordat.delivery
    TO concordat_api;
GRANT UPDATE (collected_at, acknowledged_at) ON concordat.delivery TO concordat_api;
GRANT SELECT ON concordat.consumed, concordat.event, concordat.repeat, concordat.inbox,
    concordat.unreadable_routed TO concordat_auditor;
GRANT SELECT (agency, seq, id, source, event_id, publisher, subject, agreement, version, law,
    shares, stored_at, collected_at, acknowledged_at, keep_until)
    ON concordat.delivery TO concordat_auditor
"""


def upgrade() -> None:
    """Make everything; a new database is a new generation."""
    op.execute("REVOKE ALL ON SCHEMA concordat FROM PUBLIC")
    _execute_each(_TABLES)
    for table in _PRIVATE:
        _secure(table)
    for table, owner in _API.items():
        op.execute(
            f"CREATE POLICY api ON concordat.{table} TO concordat_api USING ({owner} = {_SCOPE})"
        )
    _execute_each(_GRANTS)
    generation = secrets.token_hex(8)
    op.execute(f"INSERT INTO concordat.exchange (generation) VALUES ('{generation}')")  # noqa: S608 - hex of our own making


def _execute_each(statements: str) -> None:
    for statement in statements.split(";\n"):
        op.execute(statement.strip())


def _secure(table: str) -> None:
    """Row level security for everybody, the owner included; grants say which commands."""
    op.execute(f"ALTER TABLE concordat.{table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE concordat.{table} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY deliver ON concordat.{table} TO concordat_deliver USING (true)")
    op.execute(
        f"CREATE POLICY auditor ON concordat.{table} FOR SELECT TO concordat_auditor USING (true)"
    )
