"""Reads the text rendering back."""

import re
from itertools import groupby

from unit.agreements.shown.blocks import Block, Facts_, split_outside_quotes

WIDTH = 96
_UNDERLINE = re.compile(r"([=~-])\1+")
_RULER = re.compile(r"-+(  -+)+")
_LEVELS = {"=": 1, "-": 2, "~": 3}


def blocks_from_text(text: str) -> list[Block]:
    """Headings are underlined, facts indented; a table has a ruler, or is a list."""
    assert text.endswith("\n")
    assert not text.endswith("\n\n")
    blocks: list[Block] = []
    for chunk in text.removesuffix("\n").split("\n\n"):
        lines = chunk.split("\n")
        assert all(line and line == line.rstrip() for line in lines)
        assert all(len(line) <= WIDTH or _cannot_break(line) for line in lines)
        block = _block(lines)
        if block[0] == "part":
            _join(blocks, block)
        else:
            blocks.append(block)
    return blocks


def _cannot_break(line: str) -> bool:
    return len(line.rsplit(maxsplit=1)[-1]) > 40


def _block(lines: list[str]) -> Block:
    if len(lines) > 1 and _UNDERLINE.fullmatch(lines[-1]):
        return ("heading", _LEVELS[lines[-1][0]], " ".join(lines[:-1]))
    if lines[0].startswith("  "):
        return ("facts", _facts(lines))
    ruler = next((n for n, line in enumerate(lines) if _RULER.fullmatch(line)), None)
    captioned = next((n for n, line in enumerate(lines, 1) if line.endswith(":")), len(lines))
    caption = " ".join(lines[:captioned])
    if ruler is not None:
        return ("part", caption, *_grid(lines[captioned:ruler], lines[ruler], lines[ruler + 1 :]))
    if captioned < len(lines):
        return _listed(caption, _facts(lines[captioned:]))
    return ("paragraph", " ".join(lines))


def _facts(lines: list[str]) -> Facts_:
    facts: list[list[str]] = []
    for line in lines:
        stripped = line.strip()
        if line.startswith("      "):
            facts[-1][-1] += f" {stripped}"
        elif line.startswith("    - "):
            facts[-1].append(stripped[2:])
        else:
            assert line.startswith("  ")
            assert line[2] != " "
            facts.append([stripped])
    return tuple(_fact(texts) for texts in facts)


def _fact(texts: list[str]) -> tuple[str, tuple[str, ...]]:
    first, *rest = texts
    if rest:
        assert first.endswith(":")
        return first[:-1], tuple(rest)
    term, *value = split_outside_quotes(first, ": ")
    return term, (": ".join(value),)


def _grid(
    head: list[str], ruler: str, body: list[str]
) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    spans = [found.span() for found in re.finditer("-+", ruler)]

    def cells(lines: list[str]) -> tuple[str, ...]:
        rows = [[line[start:end].strip() for start, end in spans] for line in lines]
        return tuple(" ".join(filter(None, column)) for column in zip(*rows, strict=True))

    numbered, number = [], 0
    for line in body:
        number += line[0] != " "
        numbered.append((number, line))
    rows = groupby(numbered, key=lambda each: each[0])
    return cells(head), tuple(cells([line for _, line in row]) for _, row in rows)


def _join(blocks: list[Block], part: Block) -> None:
    _, caption, head, rows = part
    found = re.fullmatch(r"(.*?)(?:, part (\d+) of (\d+))?:", caption)
    assert found
    if found[2] in (None, "1"):
        blocks.append(("table", found[1], head, rows))
        return
    _, before, known, known_rows = blocks.pop()
    assert before == found[1]
    assert [row[0] for row in known_rows] == [row[0] for row in rows]
    joined = tuple(old + new[1:] for old, new in zip(known_rows, rows, strict=True))
    blocks.append(("table", before, known + head[1:], joined))


def _listed(caption: str, facts: Facts_) -> Block:
    """A table that was too wide: each row's cells under their headings."""
    rows = []
    heads: list[str] = []
    for term, texts in facts:
        pairs = [text.rpartition(": ") for text in texts]
        heads = [head for head, _, _ in pairs]
        rows.append((term, *(cell for _, _, cell in pairs)))
    return ("table", caption.removesuffix(":"), ("Field", *heads), tuple(rows))
