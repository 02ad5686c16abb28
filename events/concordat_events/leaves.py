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
    """One scalar field, or list of scalars (`many`), of a model; `[]` in `path` marks a list.

    `required`: no event of the type lacks it. `minimum` and `maximum` are those of a number, both
    inclusive. `pattern` is that of a text.
    """

    path: str
    kind: Kind
    many: bool
    values: frozenset[str]
    sensitivity: Sensitivity
    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    pattern: str | None = None

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


def _walk(model: type[BaseModel], prefix: str, always: bool = True) -> Iterator[Leaf]:
    for name, info in model.model_fields.items():
        yield from _field(info, prefix + name, always and _is_required(info))


def _field(info: FieldInfo, path: str, required: bool) -> Iterator[Leaf]:
    inner, metadata = _strip(info.annotation)
    metadata = [*info.metadata, *metadata]
    many = get_origin(inner) is list
    if many:
        inner, of_items = _strip(get_args(inner)[0])
        mark = _mark_of([*metadata, *of_items])
        metadata = of_items  # the limits of a list are not those of its items
    else:
        mark = _mark_of(metadata)
    if isinstance(inner, type) and issubclass(inner, BaseModel):
        yield from _walk(inner, f"{path}[]." if many else f"{path}.", required and not many)
        return
    if mark is None:
        raise TypeError(f"{path} has no sensitivity mark")
    kind, values = _kind(inner, path)
    limits = {name: _limit(metadata, name) for name in ("ge", "le", "pattern")}
    yield Leaf(
        path,
        kind,
        many,
        values,
        mark.sensitivity,
        required,
        limits["ge"],
        limits["le"],
        limits["pattern"],
    )


def _is_required(info: FieldInfo) -> bool:
    """Whether every event has a value there: null counts as missing."""
    return info.is_required() and NoneType not in get_args(info.annotation)


def _strip(annotation: Any) -> tuple[Any, list[Any]]:
    """Peel `Annotated` and `| None`; also the metadata found on the way."""
    metadata: list[Any] = []
    while True:
        origin = get_origin(annotation)
        if origin is Annotated:
            annotation, *found = get_args(annotation)
            metadata += found
        elif origin in (Union, UnionType):
            (annotation,) = (arm for arm in get_args(annotation) if arm is not NoneType)
        else:
            return annotation, metadata


def _mark_of(metadata: list[Any]) -> Mark | None:
    return next((item for item in metadata if isinstance(item, Mark)), None)


def _limit(metadata: list[Any], name: str) -> Any:
    """The limit that pydantic's metadata set: bare, or inside a `Field`."""
    for item in metadata:
        for each in (item, *getattr(item, "metadata", ())):
            if (found := getattr(each, name, None)) is not None:
                return found
    return None


def _kind(annotation: Any, path: str) -> tuple[Kind, frozenset[str]]:
    if get_origin(annotation) is Literal:
        return Kind.CODE, frozenset(get_args(annotation))
    for scalar, kind in _KINDS:
        if isinstance(annotation, type) and issubclass(annotation, scalar):
            return kind, frozenset()
    raise TypeError(f"{path} is not a scalar")
