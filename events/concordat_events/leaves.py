"""A model's fields as dotted paths to scalar leaves: the words an agreement is written in."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from concordat_events.fields import Data, Mark, Sensitivity


class Kind(StrEnum):
    """What a leaf holds. Days and instants travel as text (RFC 3339)."""

    TEXT = "text"
    CODE = "code"  # one of `Leaf.values`
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DAY = "day"
    INSTANT = "instant"


_KINDS: tuple[tuple[type, Kind], ...] = (
    (bool, Kind.BOOLEAN),
    (int, Kind.INTEGER),
    (float, Kind.NUMBER),
    (datetime, Kind.INSTANT),
    (date, Kind.DAY),
    (str, Kind.TEXT),
)


@dataclass(frozen=True, slots=True)
class Leaf:
    """One scalar field, or list of scalars (`many`), of a model; `[]` in `path` marks a list."""

    path: str
    kind: Kind
    many: bool
    values: frozenset[str]
    sensitivity: Sensitivity

    @property
    def sealed(self) -> bool:
        """Whether only a grant that names this very field may send it."""
        return self.sensitivity is Sensitivity.SEALED


@cache
def leaves(model: type[Data]) -> MappingProxyType[str, Leaf]:
    """Every leaf of `model` by path, in the order of the model.

    A field without a sensitivity mark, or of a type no agreement could name, is a `TypeError`:
    such a model must not be published.
    """
    return MappingProxyType({leaf.path: leaf for leaf in _walk(model, "")})


def _walk(model: type[BaseModel], prefix: str) -> Iterator[Leaf]:
    for name, info in model.model_fields.items():
        yield from _field(info.annotation, prefix + name, _mark_of(info))


def _field(annotation: Any, path: str, mark: Mark | None) -> Iterator[Leaf]:
    inner, marks = _strip(annotation)
    mark = mark or marks
    many = get_origin(inner) is list
    if many:
        inner, marks = _strip(get_args(inner)[0])
        mark = mark or marks
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        yield from _walk(inner, f"{path}[]." if many else f"{path}.")
        return
    if mark is None:
        raise TypeError(f"{path} has no sensitivity mark")
    kind, values = _kind(inner, path)
    yield Leaf(path, kind, many, values, mark.sensitivity)


def _strip(annotation: Any) -> tuple[Any, Mark | None]:
    """Peel `Annotated` and `| None`; also the mark found on the way."""
    mark: Mark | None = None
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *metadata = get_args(annotation)
            mark = mark or next((item for item in metadata if isinstance(item, Mark)), None)
        elif origin in (Union, UnionType):
            (annotation,) = (arm for arm in get_args(annotation) if arm is not NoneType)
        else:
            return annotation, mark


def _mark_of(info: FieldInfo) -> Mark | None:
    return next((item for item in info.metadata if isinstance(item, Mark)), None)


def _kind(annotation: Any, path: str) -> tuple[Kind, frozenset[str]]:
    if get_origin(annotation) is Literal:
        return Kind.CODE, frozenset(get_args(annotation))
    for scalar, kind in _KINDS:
        if isinstance(annotation, type) and issubclass(annotation, scalar):
            return kind, frozenset()
    raise TypeError(f"{path} is not a scalar")
