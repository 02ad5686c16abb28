"""The register's records as they are read, and why one is refused."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from pydantic import ValidationError

from concordat.agreements.document import HIGHEST_VERSION

_NUMBER = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", re.ASCII)


class Refused(ValueError):
    """The record is not admitted; the message says why and repeats nothing of it."""


class SignatureRecord(msgspec.Struct, forbid_unknown_fields=True):
    """One controller's detached JWS over one version."""

    signature: str


class NoticeRecord(msgspec.Struct, forbid_unknown_fields=True):
    """A notice and its controller's detached JWS over it."""

    notice: msgspec.Raw
    signature: str


@dataclass(frozen=True, slots=True)
class Admitted:
    """When a record was taken, and which key had signed it, where one had to."""

    offset: int
    recorded_at: datetime
    kid: str | None


@dataclass(frozen=True, slots=True)
class RefusedRecord:
    """A register record without effect. `agreement` is a registered one's id, else empty."""

    offset: int
    kind: str
    why: str
    recorded_at: datetime
    agreement: str = ""


def read_document(model: Any, value: bytes) -> Any:
    """Return the pydantic `model` in `value`; raises `Refused`."""
    try:
        return model.model_validate_json(value)
    except ValidationError as error:
        raise Refused(f"the record has {error.error_count()} faults of form") from None


def read_struct(model: Any, value: bytes) -> Any:
    """Return the msgspec `model` in `value`; raises `Refused`."""
    try:
        return msgspec.json.decode(value, type=model)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Refused("the record is not of the form of its kind") from None


def number_in(text: str) -> int:
    """Return the number that `text` is the only spelling of; raises `Refused`."""
    if not _NUMBER.fullmatch(text):
        raise Refused("the version in the key is not a number")
    if int(text) > HIGHEST_VERSION:
        raise Refused("the version in the key is higher than any can be")
    return int(text)


def slug_in(text: str) -> str:
    """Return `text` if it can be an id; raises `Refused`."""
    if not _SLUG.fullmatch(text) or len(text) > 80:
        raise Refused("the id in the key cannot be one")
    return text
