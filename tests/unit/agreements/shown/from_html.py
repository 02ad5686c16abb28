"""Reads the HTML rendering back; only the elements and attributes it may use, all closed."""

from html.parser import HTMLParser

from unit.agreements.shown.blocks import Block

_ATTRIBUTES = {
    "html": {"lang"},
    "meta": {"charset", "http-equiv", "name", "content"},
    "div": {"class", "role", "aria-label", "tabindex"},
    "th": {"scope"},
}
_ELEMENTS = {
    *_ATTRIBUTES,
    *("head", "title", "style", "body", "main", "h1", "h2", "h3", "p"),
    *("dl", "dt", "dd", "table", "caption", "thead", "tbody", "tr", "td"),
}


def blocks_from_html(text: str) -> list[Block]:
    """Facts are a description list."""
    reader = _Reader()
    reader.feed(text)
    reader.close()
    assert reader.open == []
    assert text.startswith('<!DOCTYPE html>\n<html lang="en-GB">\n')
    return reader.blocks


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.blocks: list[Block] = []
        self.open: list[str] = []
        self._said: list[str] = []
        self._facts: list[tuple[str, list[str]]] = []
        self._rows: list[list[str]] = []
        self._caption = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert tag in _ELEMENTS, tag
        assert set(names) <= _ATTRIBUTES.get(tag, set()), (tag, names)
        assert len(set(names)) == len(names)
        if tag == "th":
            rows = "thead" in self.open
            assert attrs == [("scope", "col" if rows else "row")]
            assert rows or self._rows[-1] == []
        if tag != "meta":
            self.open.append(tag)
        if tag in ("dl", "table"):
            self._facts, self._rows = [], []
        if tag == "tr":
            self._rows.append([])
        self._said = []

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag
        said = "".join(self._said)
        self._said = []
        if tag in ("h1", "h2", "h3"):
            self.blocks.append(("heading", int(tag[1]), said))
        elif tag == "p":
            self.blocks.append(("paragraph", said))
        elif tag == "dt":
            self._facts.append((said, []))
        elif tag == "dd":
            self._facts[-1][1].append(said)
        elif tag == "dl":
            self.blocks.append(("facts", tuple((term, tuple(t)) for term, t in self._facts)))
        elif tag == "caption":
            self._caption = said
        elif tag in ("th", "td"):
            self._rows[-1].append(said)
        elif tag == "table":
            head, *rows = (tuple(row) for row in self._rows)
            self.blocks.append(("table", self._caption, head, tuple(rows)))

    def handle_data(self, data: str) -> None:
        self._said.append(data)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"a text became a comment: {data}")
