"""What each rendering is read back into: plain tuples, compared with the sheet's own blocks."""

import re
from typing import Any

from concordat.agreements.show.sheet import Facts, Heading, Paragraph, Sheet

Block = tuple[Any, ...]
Facts_ = tuple[tuple[str, tuple[str, ...]], ...]
QUOTED = r'"(?:[^"\\]|\\.)*"'


def blocks_of(sheet: Sheet) -> list[Block]:
    """The sheet's blocks as tuples."""
    found: list[Block] = []
    for block in sheet.blocks:
        if isinstance(block, Heading):
            found.append(("heading", block.level, block.text))
        elif isinstance(block, Paragraph):
            found.append(("paragraph", block.text))
        elif isinstance(block, Facts):
            found.append(("facts", tuple((fact.term, fact.texts) for fact in block.facts)))
        else:
            found.append(("table", block.caption, block.head, block.rows))
    return found


def split_outside_quotes(text: str, separator: str) -> list[str]:
    """`text` split at each `separator` that stands in no quotes."""
    masked = re.sub(QUOTED, lambda found: "\0" * len(found[0]), text)
    parts, start = [], 0
    while (end := masked.find(separator, start)) >= 0:
        parts.append(text[start:end])
        start = end + len(separator)
    return [*parts, text[start:]]
