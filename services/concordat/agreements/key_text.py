"""A public key as YAML, and a controller's file with one key more: text in, text out."""

import textwrap
from collections.abc import Iterable

import yaml

from concordat.agreements.parties import SigningKey


class NoPlaceForKey(ValueError):
    """The file's `keys` are written in a way that no key can be added to by a line of text."""


def key_text(key: SigningKey) -> str:
    """Return `key` as one item of a YAML list, at the start of the line."""
    lines = [f"kid: {key.kid}", f'x: "{key.x}"', f"valid_from: {key.valid_from}"]
    if key.valid_until is not None:
        lines.append(f"valid_until: {key.valid_until}")
    return "- " + "\n  ".join(lines) + "\n"


def next_kid(controller: str, year: int, taken: Iterable[str]) -> str:
    """Return `<controller>-<year>-<n>`, with the first n that is higher than any taken."""
    start = f"{controller}-{year}-"
    numbers = [kid.removeprefix(start) for kid in taken if kid.startswith(start)]
    highest = max((int(number) for number in numbers if number.isdecimal()), default=0)
    return f"{start}{highest + 1}"


def add_key(text: str, key: SigningKey) -> str:
    """Return the controller's file `text` with `key` as the last of its keys.

    Every other line stays as it is, comments too. Raises `NoPlaceForKey`.
    """
    node = _keys_in(text)
    if not text.endswith("\n"):
        text += "\n"
    if node is None:
        return text + "keys:\n" + _indented(key, 2)
    if isinstance(node, yaml.SequenceNode) and node.value and not node.flow_style:
        end = _line_end(text, _last_mark(node))
        return text[:end] + _indented(key, node.start_mark.column) + text[end:]
    if node.value:
        raise NoPlaceForKey("write its keys as a list with one '- ' each")
    before, after = text[: node.start_mark.index].rstrip(), text[node.end_mark.index :]
    rest, newline, following = after.partition("\n")
    return before + rest.rstrip() + newline + _indented(key, 2) + following


def _keys_in(text: str) -> yaml.Node | None:
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    if not isinstance(root, yaml.MappingNode):
        raise NoPlaceForKey("is not a controller's file")
    return next((value for name, value in root.value if name.value == "keys"), None)


def _last_mark(node: yaml.Node) -> int:
    """Where the last value within `node` ends; the end of a block is after what follows it."""
    while isinstance(node, yaml.CollectionNode) and node.value:
        last = node.value[-1]
        node = last[1] if isinstance(last, tuple) else last
    return int(node.end_mark.index)


def _line_end(text: str, index: int) -> int:
    return text.index("\n", index) + 1


def _indented(key: SigningKey, columns: int) -> str:
    return textwrap.indent(key_text(key), " " * columns)
