"""A sheet for the terminal: wrapped, and every table within the width or turned into a list."""

from collections.abc import Iterator
from textwrap import wrap

from concordat.agreements.show.sheet import Block, Fact, Facts, Heading, Paragraph, Sheet, Table

WIDTH = 96
GAP = "  "
_WIDEST_FIRST_COLUMN = 56
_NARROWEST, _COMFORTABLE = 8, 16
_UNDERLINES = {1: "=", 2: "-", 3: "~"}


def as_text(sheet: Sheet) -> str:
    """Return the whole sheet; a word longer than the width is never broken."""
    return "\n\n".join("\n".join(_lines(block)) for block in sheet.blocks) + "\n"


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        lines = _wrap(block.text)
        yield from lines
        yield _UNDERLINES[block.level] * max(map(len, lines))
    elif isinstance(block, Paragraph):
        yield from _wrap(block.text)
    elif isinstance(block, Facts):
        for fact in block.facts:
            yield from _fact(fact)
    else:
        yield from _table(block)


def _fact(fact: Fact) -> Iterator[str]:
    if len(fact.texts) == 1:
        yield from _wrap(f"{fact.term}: {fact.texts[0]}", GAP, GAP * 3)
        return
    yield from _wrap(f"{fact.term}:", GAP, GAP * 3)
    for text in fact.texts:
        yield from _wrap(text, f"{GAP * 2}- ", GAP * 3)


def _wrap(text: str, first: str = "", rest: str = "", width: int = WIDTH) -> list[str]:
    return wrap(
        text,
        width,
        initial_indent=first,
        subsequent_indent=rest,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _table(table: Table) -> Iterator[str]:
    widths = [_width(column) for column in zip(table.head, *table.rows, strict=True)]
    widths[0] = max(len(row[0]) for row in (table.head, *table.rows))
    if widths[0] > _WIDEST_FIRST_COLUMN or max(widths[1:]) > WIDTH - widths[0] - len(GAP):
        yield from _as_list(table)
        return
    parts = list(_parts(widths))
    for number, columns in enumerate(parts, 1):
        wide = _widened(table, columns, widths)
        if number > 1:
            yield ""
        yield from _wrap(_caption(table, number, len(parts)))
        yield from _grid(table, columns, wide)


def _caption(table: Table, number: int, count: int) -> str:
    return table.caption + (f", part {number} of {count}:" if count > 1 else ":")


def _width(cells: tuple[str, ...]) -> int:
    """Wide enough for the longest word; wider only while it is comfortable."""
    longest_word = max((len(word) for cell in cells for word in cell.split()), default=0)
    longest_cell = max(len(cell) for cell in cells)
    return max(longest_word, min(longest_cell, _COMFORTABLE), _NARROWEST)


def _parts(widths: list[int]) -> Iterator[list[int]]:
    """The columns of each part: the first one always, then as many as fit."""
    part, used = [0], widths[0]
    for column in range(1, len(widths)):
        if len(part) > 1 and used + len(GAP) + widths[column] > WIDTH:
            yield part
            part, used = [0], widths[0]
        part.append(column)
        used += len(GAP) + widths[column]
    yield part


def _widened(table: Table, columns: list[int], widths: list[int]) -> list[int]:
    """Give the columns of a part, from the left, what is left of the width and they can use."""
    wide = list(widths)
    left = WIDTH - sum(widths[column] + len(GAP) for column in columns) + len(GAP)
    for column in columns:
        wished = max(len(row[column]) for row in (table.head, *table.rows)) - widths[column]
        more = max(0, min(wished, left))
        wide[column] += more
        left -= more
    return wide


def _grid(table: Table, columns: list[int], widths: list[int]) -> Iterator[str]:
    yield from _row(table.head, columns, widths)
    yield GAP.join("-" * widths[column] for column in columns)
    for row in table.rows:
        yield from _row(row, columns, widths)


def _row(row: tuple[str, ...], columns: list[int], widths: list[int]) -> Iterator[str]:
    cells = [
        [row[column]] if column == 0 else _wrap(row[column], width=widths[column])
        for column in columns
    ]
    for line in range(max(len(cell) for cell in cells)):
        texts = [cell[line] if line < len(cell) else "" for cell in cells]
        yield GAP.join(
            text.ljust(widths[column]) for text, column in zip(texts, columns, strict=True)
        ).rstrip()


def _as_list(table: Table) -> Iterator[str]:
    yield from _wrap(f"{table.caption}:")
    for row in table.rows:
        pairs = zip(table.head[1:], row[1:], strict=True)
        yield from _fact(Fact(row[0], tuple(f"{head}: {cell}" for head, cell in pairs)))
