"""Fields that stand wherever anything beside them stands: required inside an object that is not."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, get_args, get_origin

from pydantic import BaseModel

from concordat_events.fields import Data


@cache
def companions_of(model: type[Data]) -> Mapping[str, str]:
    """Return such fields of `model`, each with its object: `person.ref` with `person.`.

    No field whose path starts with the object is ever filled in without it. Fields inside lists
    are left out: no condition looks at them.
    """
    return MappingProxyType(dict(_walk(model, "", "")))


def _walk(model: type[BaseModel], prefix: str, optional: str) -> Iterator[tuple[str, str]]:
    """`optional` is the nearest object on the way that an event may lack."""
    for name, info in model.model_fields.items():
        path = prefix + name
        required = info.is_required() and type(None) not in get_args(info.annotation)
        if inner := _object_in(info.annotation):
            yield from _walk(inner, path + ".", optional if required else path + ".")
        elif required and optional:
            yield path, optional


def _object_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is list:
        return None
    return next((found for each in get_args(annotation) if (found := _object_in(each))), None)
