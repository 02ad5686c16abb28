"""What an item is judged by when it is read: its event type, beside its version and shares."""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Fill the type from the decisions; the owner is bound by row level security but for that."""
    op.execute("ALTER TABLE concordat.delivery ADD COLUMN event_type text")
    for table in ("event", "delivery"):
        op.execute(f"ALTER TABLE concordat.{table} NO FORCE ROW LEVEL SECURITY")
    op.execute(
        "UPDATE concordat.delivery AS d SET event_type = e.type"
        " FROM concordat.event AS e WHERE e.source = d.source AND e.id = d.event_id"
    )
    for table in ("event", "delivery"):
        op.execute(f"ALTER TABLE concordat.{table} FORCE ROW LEVEL SECURITY")
    op.execute("ALTER TABLE concordat.delivery ALTER COLUMN event_type SET NOT NULL")
    op.execute("GRANT SELECT (event_type) ON concordat.delivery TO concordat_auditor")
