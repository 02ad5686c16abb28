"""Indexes for the auditor's questions: what was disclosed of a case, what a share gave away."""

from alembic import op

revision = "0004"
down_revision = "0003"

_STATEMENTS = (
    "CREATE INDEX delivery_of_case ON concordat.delivery (subject)",
    "CREATE INDEX event_of_case ON concordat.event (subject)",
    "CREATE INDEX delivery_under_agreement ON concordat.delivery (agreement, numbered_at)",
)


def upgrade() -> None:
    """Make the indexes."""
    for statement in _STATEMENTS:
        op.execute(statement)
