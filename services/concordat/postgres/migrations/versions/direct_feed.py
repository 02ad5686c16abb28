"""How far the inbox of an agency has been fed to its Kafka topic, in which generation."""

from alembic import op

revision = "0003"
down_revision = "0002"

_SCOPE = "nullif(current_setting('concordat.agency', true), '')"

_STATEMENTS = (
    """
CREATE TABLE concordat.direct_feed (
    agency text PRIMARY KEY CHECK (agency <> ''),
    generation text NOT NULL,
    seq bigint NOT NULL CHECK (seq >= 0)
)
""",
    "ALTER TABLE concordat.direct_feed ENABLE ROW LEVEL SECURITY",
    "ALTER TABLE concordat.direct_feed FORCE ROW LEVEL SECURITY",
    f"CREATE POLICY api ON concordat.direct_feed TO concordat_api USING (agency = {_SCOPE})",
    """
CREATE POLICY auditor ON concordat.direct_feed FOR SELECT TO concordat_auditor USING (true)
""",
    """
GRANT SELECT, INSERT, UPDATE (generation, seq) ON concordat.direct_feed TO concordat_api
""",
    "GRANT SELECT ON concordat.direct_feed TO concordat_auditor",
)


def upgrade() -> None:
    """Make the table; every inbox is fed from its beginning."""
    for statement in _STATEMENTS:
        op.execute(statement)
