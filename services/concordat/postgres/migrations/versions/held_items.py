"""What was held comes again, what was withdrawn is purged, what was withheld is decided again.

An item is judged when it is read by its event type and shares, and by no book that knows less than
its decision did. Its number moves when it comes again; the old number stays as a stub.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

_DELIVERY = """
ALTER TABLE concordat.delivery ADD COLUMN event_type text,
    ADD COLUMN register_offset bigint,
    ADD COLUMN arrived text CHECK (arrived IN ('released', 'replayed')),
    ADD COLUMN collect_by timestamptz,
    ADD COLUMN purged_at timestamptz,
    ADD COLUMN numbered_at timestamptz NOT NULL DEFAULT now(),
    ALTER COLUMN body DROP NOT NULL,
    ADD CHECK ((body IS NULL) = (purged_at IS NOT NULL))
"""
_FILL = """
UPDATE concordat.delivery AS d SET event_type = e.type, register_offset = e.register_offset,
    numbered_at = d.stored_at
FROM concordat.event AS e WHERE e.source = d.source AND e.id = d.event_id
"""
_FILLED = """
ALTER TABLE concordat.delivery ALTER COLUMN event_type SET NOT NULL,
    ALTER COLUMN register_offset SET NOT NULL
"""

_TABLES = (
    """
CREATE TABLE concordat.stub (
    agency text NOT NULL CHECK (agency <> ''),
    seq bigint NOT NULL CHECK (seq > 0),
    delivery_id text NOT NULL,
    reason text NOT NULL CHECK (reason IN ('RELEASED', 'DECIDED_AGAIN')),
    moved_to bigint NOT NULL CHECK (moved_to > seq),
    moved_at timestamptz NOT NULL DEFAULT now(),
    acknowledged_at timestamptz,
    PRIMARY KEY (agency, seq)
)
""",
    """
CREATE TABLE concordat.redecision (
    replay text NOT NULL CHECK (replay <> ''),
    source text NOT NULL,
    id text NOT NULL,
    agency text NOT NULL CHECK (agency <> ''),
    publisher text NOT NULL,
    register_offset bigint NOT NULL,
    decided_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT now(),
    shared jsonb NOT NULL,
    withheld jsonb NOT NULL,
    delivered jsonb NOT NULL,
    PRIMARY KEY (source, id, agency, replay)
)
""",
)

# Acknowledged as a stub and never read: it comes again all the same when it may be read.
_INDEXES = (
    """
CREATE INDEX delivery_put_away ON concordat.delivery (agency, seq)
    WHERE acknowledged_at IS NOT NULL AND collected_at IS NULL
""",
    "CREATE INDEX stub_open ON concordat.stub (agency, seq) WHERE acknowledged_at IS NULL",
    "CREATE INDEX stub_of ON concordat.stub (agency, delivery_id) WHERE acknowledged_at IS NULL",
)

# Deliver moves, replaces and empties contents; it never reads them.
_GRANTS = (
    """
GRANT SELECT (publisher, agreement, version, shares, event_type, register_offset, numbered_at,
    collected_at, acknowledged_at, keep_until, purged_at),
    UPDATE (seq, version, shares, body, keep_until, collect_by, register_offset, arrived,
    numbered_at, acknowledged_at, purged_at) ON concordat.delivery TO concordat_deliver
""",
    "GRANT SELECT, INSERT ON concordat.stub, concordat.redecision TO concordat_deliver",
    "GRANT SELECT ON concordat.stub, concordat.redecision TO concordat_api",
    "GRANT UPDATE (acknowledged_at) ON concordat.stub TO concordat_api",
    "GRANT SELECT ON concordat.stub, concordat.redecision TO concordat_auditor",
    """
GRANT SELECT (event_type, register_offset, arrived, collect_by, purged_at, numbered_at)
    ON concordat.delivery TO concordat_auditor
""",
)

_SCOPE = "nullif(current_setting('concordat.agency', true), '')"
_API = {"stub": "agency", "redecision": "publisher"}


def upgrade() -> None:
    """Make the columns and tables; what was stored before is judged by its own decision."""
    op.execute(_DELIVERY)
    # The owner too is bound by row level security; it has no policy and would see no row.
    for table in ("event", "delivery"):
        op.execute(f"ALTER TABLE concordat.{table} NO FORCE ROW LEVEL SECURITY")
    op.execute(_FILL)
    for table in ("event", "delivery"):
        op.execute(f"ALTER TABLE concordat.{table} FORCE ROW LEVEL SECURITY")
    for statement in (_FILLED, *_TABLES):
        op.execute(statement)
    for table, owner in _API.items():
        _secure(table, owner)
    for statement in (*_INDEXES, *_GRANTS):
        op.execute(statement)


def _secure(table: str, owner: str) -> None:
    name = f"concordat.{table}"
    op.execute(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {name} FORCE ROW LEVEL SECURITY")
    op.execute(f"CREATE POLICY deliver ON {name} TO concordat_deliver USING (true)")
    op.execute(f"CREATE POLICY auditor ON {name} FOR SELECT TO concordat_auditor USING (true)")
    op.execute(f"CREATE POLICY api ON {name} TO concordat_api USING ({owner} = {_SCOPE})")
