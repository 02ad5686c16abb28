"""A sheet as HTML: one file that asks for nothing else, and in which no text is ever markup."""

from collections.abc import Iterator
from html import escape

from concordat.agreements.show.sheet import Block, Fact, Facts, Heading, Paragraph, Sheet, Table

_STYLE = """
body { font: 1rem/1.5 sans-serif; margin: 1rem auto; max-width: 60rem; padding: 0 1rem }
dt { font-weight: bold; margin-top: .5rem }
dd { margin-left: 1.5rem; overflow-wrap: anywhere }
.wide { overflow-x: auto }
table { border-collapse: collapse; margin: 1rem 0 }
caption { font-weight: bold; text-align: left }
th, td { border: 1px solid #767676; padding: .25rem .5rem; text-align: left; vertical-align: top }
""".strip()
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def as_html(sheet: Sheet) -> str:
    """Return the whole document."""
    return "\n".join(_document(sheet)) + "\n"


def _document(sheet: Sheet) -> Iterator[str]:
    yield "<!DOCTYPE html>"
    yield '<html lang="en-GB">'
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield f'<meta http-equiv="Content-Security-Policy" content="{_text(_POLICY)}">'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_text(sheet.title)}</title>"
    yield f"<style>\n{_STYLE}\n</style>"
    yield "</head>"
    yield "<body>"
    yield "<main>"
    for block in sheet.blocks:
        yield from _lines(block)
    yield "</main>"
    yield "</body>"
    yield "</html>"


def _lines(block: Block) -> Iterator[str]:
    if isinstance(block, Heading):
        yield f"<h{block.level}>{_text(block.text)}</h{block.level}>"
    elif isinstance(block, Paragraph):
        yield f"<p>{_text(block.text)}</p>"
    elif isinstance(block, Facts):
        yield "<dl>"
        for fact in block.facts:
            yield from _fact(fact)
        yield "</dl>"
    else:
        yield from _table(block)


def _fact(fact: Fact) -> Iterator[str]:
    yield f"<dt>{_text(fact.term)}</dt>"
    for text in fact.texts:
        yield f"<dd>{_text(text)}</dd>"


def _table(table: Table) -> Iterator[str]:
    # Wider than the window, it scrolls, also by keyboard.
    label = _text(table.caption)
    yield f'<div class="wide" role="region" aria-label="{label}" tabindex="0">'
    yield "<table>"
    yield f"<caption>{label}</caption>"
    yield "<thead>"
    yield f"<tr>{''.join(_cell('th', cell, 'col') for cell in table.head)}</tr>"
    yield "</thead>"
    yield "<tbody>"
    for first, *rest in table.rows:
        cells = "".join(_cell("td", cell) for cell in rest)
        yield f"<tr>{_cell('th', first, 'row')}{cells}</tr>"
    yield "</tbody>"
    yield "</table>"
    yield "</div>"


def _cell(tag: str, text: str, scope: str | None = None) -> str:
    attribute = f' scope="{scope}"' if scope else ""
    return f"<{tag}{attribute}>{_text(text)}</{tag}>"


def _text(text: str) -> str:
    return escape(text, quote=True)
