"""The grade of what a missing signature or a suspension withheld, for the operator's counts.

A code of the event's own, kept of no other event and served to nobody; null is unknown. Decisions
are stored about in the order in which they were made, which is all that the index needs.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

_STATEMENTS = (
    "ALTER TABLE concordat.event ADD COLUMN grade text",
    "CREATE INDEX event_by_day ON concordat.event USING brin (decided_at)",
)


def upgrade() -> None:
    """Make the column and the index; of earlier decisions no grade is known."""
    for statement in _STATEMENTS:
        op.execute(statement)
