"""A trigger in a bar's database: a position of deliver that goes back is a stale write."""

from typing import Any

_WATCH = """
CREATE TABLE public.moved_back (partition integer, was bigint, became bigint);
CREATE FUNCTION public.note_move() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO public.moved_back VALUES (NEW.partition, OLD.next_offset, NEW.next_offset);
    RETURN NULL;
END $$;
CREATE TRIGGER watched AFTER UPDATE ON concordat.consumed FOR EACH ROW
    WHEN (NEW.next_offset < OLD.next_offset) EXECUTE FUNCTION public.note_move();
"""


async def watch_positions(superuser: Any) -> None:
    """Note from now on every position that goes back, whoever moves it."""
    await superuser.execute(_WATCH)


async def moved_back(superuser: Any) -> int:
    """How often a position went back."""
    return int(await superuser.fetchval("SELECT count(*) FROM public.moved_back"))
