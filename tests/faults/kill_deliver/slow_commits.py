"""Commits that take a random while in the database itself, as on a loaded disk.

The transaction has done all its work and its numbers are given when it begins to wait, its client
goes on meanwhile, and a client that is killed has its COMMIT finished after its death.
"""

from faults.rig import Rig

_STATEMENTS = (
    """
CREATE FUNCTION public.commit_slowly() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('faults.waited', true), '') = '' THEN
        PERFORM set_config('faults.waited', 'yes', true);
        PERFORM pg_sleep(random() * {seconds});
    END IF;
    RETURN NULL;
END $$
""",
    """
CREATE CONSTRAINT TRIGGER slowly AFTER UPDATE ON concordat.inbox
DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.commit_slowly()
""",
)


async def commit_slowly(rig: Rig, seconds: float) -> None:
    """From now on every COMMIT that gives numbers takes up to so many seconds, once each."""
    for statement in _STATEMENTS:
        await rig.superuser.execute(statement.format(seconds=seconds))
