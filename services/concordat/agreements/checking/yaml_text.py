"""YAML without its surprises: text to plain data, every ambiguity a fault with its place."""

import re
from dataclasses import dataclass, field
from typing import Any

import yaml

Step = str | int
Place = tuple[Step, ...]

_INTEGER = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
# To YAML these end a line, and with it a comment; to most editors they are nothing.
_STRAY_LINE_END = re.compile("[\x85\u2028\u2029]|\r(?!\n)")
_PREFIX = "tag:yaml.org,2002:"
_COLLECTIONS = frozenset({_PREFIX + "map", _PREFIX + "seq"})


@dataclass(frozen=True, slots=True)
class TextFault:
    """One fault; line and column count from 1."""

    line: int
    column: int
    message: str


@dataclass(slots=True)
class Parsed:
    """Plain data (str, int, float, bool, None, list, dict), where each value stands, and faults."""

    data: Any = None
    places: dict[Place, tuple[int, int]] = field(default_factory=dict)
    faults: list[TextFault] = field(default_factory=list)

    def place_of(self, path: Place) -> tuple[int, int]:
        """Line and column of `path`, or of its nearest ancestor that stands in the text."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, (1, 1))


def parse_yaml(text: str) -> Parsed:
    """Read `text`; never raises. Days stay text; only `true` and `false` are booleans."""
    parsed = Parsed()
    if found := _STRAY_LINE_END.search(text):
        line = text.count("\n", 0, found.start()) + 1
        parsed.faults.append(TextFault(line, 1, "ends a line where editors show no end"))
        return parsed
    try:
        nodes = list(yaml.compose_all(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        parsed.faults.append(TextFault(line, column, f"is not YAML: {error.problem}"))
        return parsed
    except RecursionError:
        parsed.faults.append(TextFault(1, 1, "is nested too deeply"))
        return parsed
    except yaml.YAMLError:
        parsed.faults.append(TextFault(1, 1, "is not YAML: it has a character that is not text"))
        return parsed
    if len(nodes) != 1:
        parsed.faults.append(TextFault(1, 1, "must hold exactly one document"))
        return parsed
    parsed.data = _Builder(parsed).build(nodes[0], ())
    return parsed


class _Builder:
    def __init__(self, parsed: Parsed) -> None:
        self._parsed = parsed
        self._seen: set[int] = set()

    def build(self, node: yaml.Node, path: Place) -> Any:
        self._parsed.places[path] = (node.start_mark.line + 1, node.start_mark.column + 1)
        if id(node) in self._seen:
            return self._fault(node, "repeats another place by an alias; write it out")
        self._seen.add(id(node))
        if not isinstance(node, yaml.ScalarNode) and node.tag not in _COLLECTIONS:
            return self._fault(node, "has a tag")
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, i)) for i, child in enumerate(node.value)]
        return self._scalar(node) if isinstance(node, yaml.ScalarNode) else None

    def _mapping(self, node: yaml.MappingNode, path: Place) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            strange = key_node.tag in (_PREFIX + "merge", _PREFIX + "null", _PREFIX + "binary")
            if not isinstance(key, str) or strange or id(key_node) in self._seen:
                self._fault(key_node, "is not a plain key")
                continue
            self._seen.add(id(key_node))
            if key in result:
                self._fault(key_node, f"the key {key!r} stands twice")
                continue
            result[key] = self.build(value_node, (*path, key))
            mark = key_node.start_mark
            self._parsed.places[(*path, key)] = (mark.line + 1, mark.column + 1)
        return result

    def _scalar(self, node: yaml.ScalarNode) -> Any:
        tag, value = node.tag.removeprefix(_PREFIX), str(node.value)
        if node.style is not None or tag in ("str", "timestamp"):
            return value if tag in ("str", "timestamp") else self._fault(node, "has a tag")
        if tag == "null" and value in ("", "~", "null"):
            return None
        if tag == "bool" and value in ("true", "false"):
            return value == "true"
        if tag == "int" and _INTEGER.fullmatch(value):
            return int(value)
        if tag == "float" and _NUMBER.fullmatch(value):
            return float(value)
        return self._fault(
            node, f"YAML readers disagree on {value!r}; quote it, or write true, false or a number"
        )

    def _fault(self, node: yaml.Node, message: str) -> None:
        mark = node.start_mark
        self._parsed.faults.append(TextFault(mark.line + 1, mark.column + 1, message))
