"""What is needed to notice a restored database or a log made anew, and to go on after it.

`consumed.came_before`: what is below this offset was delivered before the database was restored.
`followed_log`: the logs besides `routed` that the rows here speak of. An admission without a place
is of an `incidents` that is gone.
"""

from alembic import op

revision = "0006"
down_revision = "0005"

_STATEMENTS = (
    "ALTER TABLE concordat.consumed ADD COLUMN came_before bigint NOT NULL DEFAULT 0",
    """
CREATE TABLE concordat.followed_log (
    topic text PRIMARY KEY,
    cluster_id text NOT NULL,
    topic_id text NOT NULL
)
""",
    "ALTER TABLE concordat.followed_log ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE concordat.followed_log FORCE ROW LEVEL SECURITY",
    "CREATE POLICY deliver ON concordat.followed_log TO concordat_deliver USING (true)",
    "CREATE POLICY auditor ON concordat.followed_log FOR SELECT TO concordat_auditor USING (true)",
    """
ALTER TABLE concordat.event ALTER COLUMN admission_partition DROP NOT NULL,
    ALTER COLUMN admission_offset DROP NOT NULL
""",
    """
ALTER TABLE concordat.repeat DROP CONSTRAINT repeat_pkey,
    ALTER COLUMN admission_partition DROP NOT NULL,
    ALTER COLUMN admission_offset DROP NOT NULL,
    ADD CONSTRAINT repeat_admission UNIQUE (admission_partition, admission_offset)
""",
    """
ALTER TABLE concordat.delivery DROP CONSTRAINT delivery_arrived_check,
    ADD CONSTRAINT delivery_arrived_check CHECK (arrived IN ('released', 'replayed', 'restored'))
""",
    "GRANT SELECT, INSERT, UPDATE ON concordat.followed_log TO concordat_deliver",
    "GRANT SELECT ON concordat.followed_log TO concordat_auditor",
    "GRANT UPDATE (generation, created_at) ON concordat.exchange TO concordat_deliver",
    """
GRANT UPDATE (admission_partition, admission_offset) ON concordat.event, concordat.repeat
    TO concordat_deliver
""",
)


def upgrade() -> None:
    """Make the columns and the table; the logs are known from the next start of deliver on."""
    for statement in _STATEMENTS:
        op.execute(statement)
