"""A change in words."""

from collections.abc import Iterator

from concordat.agreements.comparison.change import Change, Verdict

DELIVERY = "(the delivery itself)"
_UNTOLD = "there are too many conditions to tell exactly"
_FIRST = {
    Verdict.NEW: "now sent",
    Verdict.MAY_WIDEN: f"may be sent for more events: {_UNTOLD}",
    Verdict.MAY_NARROW: f"sent for no more events, and perhaps for fewer: {_UNTOLD}",
    Verdict.GONE: "no longer sent",
    Verdict.SAME: "sent as before",
}


def name_of_row(change: Change) -> str:
    """Return what the row is about: a field, or the delivery, which tells by existing."""
    return change.field or DELIVERY


def sentence_of(change: Change) -> str:
    """Return what becomes of the field, with its shares, and an example of what differs."""
    return "; ".join(_clauses(change))


def _clauses(change: Change) -> Iterator[str]:
    if change.verdict in _FIRST:
        yield _FIRST[change.verdict]
    if change.gained:
        yield f"now also sent, for example, when {change.gained}"
    if change.part_of:
        yield f"says no more than {', '.join(change.part_of)}, which was sent before"
    if change.lost:
        yield f"no longer sent, for example, when {change.lost}"
    if change.also_narrower is None:
        yield "perhaps no longer sent for others"
    yield from _under(change)


def _under(change: Change) -> Iterator[str]:
    before, now = (", ".join(each.shares) for each in (change.before, change.now))
    if now:
        yield f"under {now}" + (f" (before: {before})" if before and before != now else "")
    else:
        yield f"was under {before}"
    if change.moved:
        laws = (", ".join(each.laws) for each in (change.before, change.now))
        yield f"law {' -> '.join(laws)}"
