"""An explanation as lines of plain text: ASCII words, no colour needed."""

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any

from concordat.agreements.explaining.explanation import Verdict

WIDTH = 96
_VERDICTS = {
    Verdict.HOLDS: "yes",
    Verdict.DOES_NOT_HOLD: "no",
    Verdict.FIELD_UNKNOWN: "unknown",
}
_TESTS = {
    "is": "is",
    "in": "is one of",
    "at_least": "is at least",
    "less_than": "is less than",
    "includes": "includes",
    "present": "is filled in",
}


def lines_of(told: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of an explanation as the API answers it."""
    yield f"{told['type']}  {told['id']}"
    yield f"case {told['subject']}"
    yield f"decided {told['decided_at']}"
    yield f"considered as of {told['at']}, {told['register_offset']} records of the register"
    if not told["candidates"]:
        yield "no agreement names anybody for such an event of this publisher"
    for candidate in told["candidates"]:
        yield ""
        yield from _candidate(candidate)


def _candidate(candidate: dict[str, Any]) -> Iterator[str]:
    yield f"{candidate['agency']}: {candidate['outcome']}"
    if candidate.get("reason"):
        yield from _wrapped(4, _why(candidate, "agreement", "share", "field"))
    for delivery in candidate["deliveries"]:
        yield from _delivery(delivery)
    for agreement in candidate["agreements"]:
        yield from _agreement(agreement)


def _delivery(delivery: dict[str, Any]) -> Iterator[str]:
    under = f"{delivery['agreement']} v{delivery['version']}, law {delivery['law']}"
    yield from _wrapped(4, f"delivery under {under}: {', '.join(delivery['shares'])}", hanging=8)
    sealed = set(delivery["sealed"])
    told = [name for name in delivery["withheld"] if name not in sealed]
    yield from _named("sent", delivery["fields"])
    yield from _named("withheld", told)
    if sealed:
        yield from _named("withheld, and the recipient is not told their names", sorted(sealed))


def _agreement(agreement: dict[str, Any]) -> Iterator[str]:
    version = f"v{agreement['version']}" if agreement.get("version") else "no version counts"
    yield f"    {agreement['agreement']} {version}"
    if agreement.get("reason"):
        yield from _wrapped(8, f"not in force: {_why(agreement)}")
    for share in agreement["shares"]:
        yield from _share(share, in_force="reason" not in agreement)


def _share(share: dict[str, Any], *, in_force: bool) -> Iterator[str]:
    failed = share.get("reason")
    yield f"        {'no ' if failed else 'yes'} share {share['share']}, law {share['law']}"
    if failed:
        yield from _wrapped(12, _why(share, "field"))
    address = share.get("address")
    if address:
        by = " or ".join(
            f"the member of {each['group']} whose {each['whose']} is {each['field']}"
            for each in address["identifiers"]
        )
        yield from _asked(address["verdict"], by)
    for each in share["conditions"]:
        yield from _asked(each["verdict"], f"{each['field']} {_test(each)}")
    yield from _named("sends" if in_force and not failed else "would send", share["sends"], 12)


def _test(condition: dict[str, Any]) -> str:
    said, operand = _TESTS[condition["test"]], condition["operand"]
    if condition["test"] == "present":
        return said
    operands = operand if isinstance(operand, list) else [operand]
    return f"{said} {', '.join(map(_value, operands))}"


def _value(operand: Any) -> str:
    return str(operand).lower() if isinstance(operand, bool) else str(operand)


def _asked(verdict: str, what: str) -> Iterator[str]:
    yield from _wrapped(12, f"{_VERDICTS[Verdict(verdict)]:<8}{what}", hanging=20)


def _why(told: dict[str, Any], *places: str) -> str:
    """The reason, where it lies, and its sentence."""
    where = ", ".join(told[each] for each in places if told.get(each))
    return f"{told['reason']}{f' ({where})' if where else ''}: {told['because']}"


def _named(what: str, names: Iterable[str], indent: int = 8) -> Iterator[str]:
    yield from _wrapped(indent, f"{what}: {', '.join(names) or 'nothing'}", hanging=indent + 4)


def _wrapped(indent: int, text: str, hanging: int | None = None) -> list[str]:
    return wrap(
        text,
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (hanging or indent),
        break_on_hyphens=False,
    )
