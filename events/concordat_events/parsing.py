"""JSON as RFC 8259 means it, with the ambiguities that parsers disagree on refused."""

import json
from typing import Any

from concordat_events.faults import Fault, FaultCode, InvalidEvent


class _NotJson(ValueError):
    """A number that JSON does not have."""


def parse_json(value: bytes | None, max_bytes: int) -> tuple[Any, list[Fault]]:
    """Return the parsed value and the faults that still allow reading on (duplicate keys).

    Raises `InvalidEvent` for what cannot be read at all: nothing, too large, not UTF-8, not JSON,
    nested beyond the parser's depth. RFC 8259 §4 leaves duplicate keys open; two readers that
    choose differently would see two events, so they are a fault.
    """
    if not value:
        raise _refused(FaultCode.EMPTY, "there is no value")
    if len(value) > max_bytes:
        raise _refused(FaultCode.TOO_LARGE, f"is larger than {max_bytes} bytes")
    faults: list[Fault] = []

    def pairs(items: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(items)
        if len(result) != len(items) and not faults:
            faults.append(Fault(FaultCode.DUPLICATE_KEY, "", "an object has one key twice"))
        return result

    try:
        text = value.decode("utf-8")
    except UnicodeDecodeError as error:
        raise _refused(FaultCode.NOT_UTF8, f"byte {error.start} is not UTF-8") from None
    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=_refuse_constant), faults
    except RecursionError:
        raise _refused(FaultCode.NOT_JSON, "is nested too deeply") from None
    except ValueError:
        # Also integers beyond Python's digit limit and NaN or Infinity.
        raise _refused(FaultCode.NOT_JSON, "is not JSON") from None


def _refuse_constant(_: str) -> Any:
    raise _NotJson


def _refused(code: FaultCode, message: str) -> InvalidEvent:
    return InvalidEvent((Fault(code, "", message),))
