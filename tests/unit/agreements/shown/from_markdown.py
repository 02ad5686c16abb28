"""Reads the Markdown rendering back with a CommonMark parser; any markup of the texts fails."""

from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

from unit.agreements.shown.blocks import Block

_PLAIN = {"text", "text_special", "strong_open", "strong_close"}


def blocks_from_markdown(text: str) -> list[Block]:
    """Facts are a list, the term bold; a paragraph before a table is its caption."""
    tokens = iter(MarkdownIt("commonmark").enable("table").parse(text))
    blocks: list[Block] = []
    for token in tokens:
        if token.type == "heading_open":
            blocks.append(("heading", int(token.tag[1]), _plain(next(tokens))))
        elif token.type == "paragraph_open":
            blocks.append(("paragraph", _plain(next(tokens))))
        elif token.type == "bullet_list_open":
            blocks.append(("facts", tuple(_facts(tokens))))
        elif token.type == "table_open":
            kind, caption = blocks.pop()
            assert kind == "paragraph"
            rows = list(_rows(tokens))
            blocks.append(("table", caption.removesuffix(":"), rows[0], tuple(rows[1:])))
        else:
            assert token.type in ("heading_close", "paragraph_close"), token.type
    return blocks


def _facts(tokens: Iterator[Token]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for token in tokens:
        if token.type == "bullet_list_close":
            return
        assert token.type == "list_item_open", token.type
        assert next(tokens).type == "paragraph_open"
        inline = next(tokens)
        children = inline.children or []
        ends = [n for n, child in enumerate(children) if child.type == "strong_close"]
        assert len(ends) == 1
        term = _text(children[: ends[0]]).removesuffix(":")
        value = _text(children[ends[0] :])
        assert next(tokens).type == "paragraph_close"
        following = next(tokens)
        if following.type == "bullet_list_open":
            assert value == ""
            yield term, tuple(_items(tokens))
            following = next(tokens)
        else:
            assert value.startswith(" ")
            yield term, (value[1:],)
        assert following.type == "list_item_close", following.type


def _items(tokens: Iterator[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type == "bullet_list_close":
            return
        assert token.type == "list_item_open", token.type
        assert next(tokens).type == "paragraph_open"
        yield _plain(next(tokens))
        assert next(tokens).type == "paragraph_close"
        assert next(tokens).type == "list_item_close"


def _rows(tokens: Iterator[Token]) -> Iterator[tuple[str, ...]]:
    cells: list[str] = []
    for token in tokens:
        if token.type == "table_close":
            return
        if token.type == "inline":
            cells.append(_plain(token))
        elif token.type == "tr_close":
            yield tuple(cells)
            cells = []


def _plain(inline: Token) -> str:
    children = inline.children or []
    assert not any(child.type.startswith("strong") for child in children)
    return _text(children)


def _text(children: list[Token]) -> str:
    assert {child.type for child in children} <= _PLAIN, inline_types(children)
    return "".join(child.content for child in children)


def inline_types(children: list[Token]) -> list[str]:
    """What markup the texts became, for the failure's message."""
    return sorted({child.type for child in children} - _PLAIN)
