"""What is shown, before it is text, Markdown or HTML: headings, paragraphs, facts, tables.

Every text is one line without runs of spaces, so that each rendering can hold all of it.
"""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading; 1 is the sheet's own."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or several."""

    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A term and what holds of it: one text or more."""

    term: str
    texts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts that belong together."""

    facts: tuple[Fact, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a head; the first cell of each row is its heading."""

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block = Heading | Paragraph | Facts | Table


@dataclass(frozen=True, slots=True)
class Sheet:
    """A whole document."""

    title: str
    blocks: tuple[Block, ...]

    def as_json(self) -> dict[str, Any]:
        """Return plain data; `kind` says what each block is."""
        blocks = [{"kind": type(block).__name__.lower(), **asdict(block)} for block in self.blocks]
        return {"title": self.title, "blocks": blocks}


def fact(term: str, *texts: str) -> Fact:
    """Shorthand for a fact with these texts."""
    return Fact(term, texts)
