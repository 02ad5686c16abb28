"""An item that was acknowledged while it was stopped comes again when it is released.

It may have been marked as collected and not given: a stop can come between the two, and an answer
can be lost. So what is put away is known by its acknowledgement, no longer by `collected_at`.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

_STATEMENTS = (
    "ALTER TABLE concordat.delivery ADD COLUMN put_away boolean NOT NULL DEFAULT false",
    # The owner too is bound by row level security; it has no policy and would see no row.
    "ALTER TABLE concordat.delivery NO FORCE ROW LEVEL SECURITY",
    """
UPDATE concordat.delivery SET put_away = true
WHERE acknowledged_at IS NOT NULL AND collected_at IS NULL
""",
    "ALTER TABLE concordat.delivery FORCE ROW LEVEL SECURITY",
    "DROP INDEX concordat.delivery_put_away",
    "CREATE INDEX delivery_put_away ON concordat.delivery (agency, seq) WHERE put_away",
    """
GRANT SELECT (put_away), UPDATE (put_away) ON concordat.delivery
    TO concordat_api, concordat_deliver
""",
    "GRANT SELECT (put_away) ON concordat.delivery TO concordat_auditor",
)


def upgrade() -> None:
    """Make the column and its index; what was put away before stays so."""
    for statement in _STATEMENTS:
        op.execute(statement)
