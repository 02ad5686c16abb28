"""A sheet as Markdown (CommonMark with tables); what it says can never act as markup."""

import re
from collections.abc import Iterator

from concordat.agreements.show.sheet import Block, Fact, Facts, Heading, Paragraph, Sheet, Table

_SPECIAL = re.compile(r"[\\`*_\[\]<>#|~&!$]")
_LIKE_A_LIST = re.compile(r"^(?:(\d+)([.)])|([-+=]))")


def as_markdown(sheet: Sheet) -> str:
    """Return the whole sheet."""
    return "\n\n".join("\n".join(_lines(block)) for block in sheet.blocks) + "\n"


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"{'#' * block.level} {_text(block.text)}"
    elif isinstance(block, Paragraph):
        yield _text(block.text)
    elif isinstance(block, Facts):
        for fact in block.facts:
            yield from _fact(fact)
    else:
        yield from _table(block)


def _fact(fact: Fact) -> Iterator[str]:
    if len(fact.texts) == 1:
        yield f"- **{_text(fact.term)}:** {_text(fact.texts[0])}"
        return
    yield f"- **{_text(fact.term)}:**"
    for text in fact.texts:
        yield f"  - {_text(text)}"


def _table(table: Table) -> Iterator[str]:
    yield f"{_text(table.caption)}:"
    yield ""
    yield _row(table.head)
    yield "|" + " --- |" * len(table.head)
    for row in table.rows:
        yield _row(row)


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(map(_text, cells))} |"


def _text(text: str) -> str:
    escaped = _SPECIAL.sub(r"\\\g<0>", text)
    return _LIKE_A_LIST.sub(
        lambda found: f"{found[1]}\\{found[2]}" if found[1] else f"\\{found[3]}", escaped
    )
