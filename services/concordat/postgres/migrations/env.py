"""Run by Alembic: writes the migration as SQL text, which `concordat.postgres.migrate` executes.

Nothing here connects: the transaction, the lock and the driver are the caller's.
"""

from alembic import context

context.configure(
    dialect_name="postgresql",
    version_table_schema="concordat",
    transactional_ddl=False,
)
context.run_migrations()
