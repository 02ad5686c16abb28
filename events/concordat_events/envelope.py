"""The one codec: CloudEvents 1.0, structured JSON, strict; bytes to `Event` and back.

The CloudEvents SDK is not used because it guesses where this codec refuses (ADR 0005).
"""

from functools import cache
from typing import Annotated, Any, Literal

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic_core import ErrorDetails

from concordat_events.catalogue import CATALOGUE
from concordat_events.faults import Fault, FaultCode, InvalidEvent
from concordat_events.fields import SOURCE, CaseRef, Data, EventId, Instant
from concordat_events.parsing import parse_json

CONTENT_TYPE = "application/cloudevents+json; charset=UTF-8"
MEDIA_TYPE = "application/cloudevents+json"
MAX_BYTES = 128 * 1024

_AGENCIES = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*(,[a-z][a-z0-9]*(-[a-z0-9]+)*)*$"
_TRACEPARENT = r"^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$"


class Event(BaseModel):
    """A fact one agency publishes. Unknown context attributes are refused.

    `source` is `//<agency>`, `subject` the case; `id` and `subject` are opaque because they reach
    URLs and logs. `withholdfrom` names agencies, comma-separated, that this publisher denies.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)

    specversion: Literal["1.0"] = "1.0"
    id: EventId
    source: Annotated[str, Field(pattern=SOURCE, max_length=65)]
    type: Annotated[str, Field(max_length=100)]
    time: Instant
    subject: CaseRef
    datacontenttype: Literal["application/json"] | None = None
    dataschema: Annotated[str, Field(max_length=300, pattern=r"^[!-~]+$")] | None = None
    withholdfrom: Annotated[str, Field(max_length=2000, pattern=_AGENCIES)] | None = None
    synthetic: bool | None = None
    traceparent: Annotated[str, Field(pattern=_TRACEPARENT)] | None = None
    data: Data

    @property
    def publisher(self) -> str:
        """The agency that published it."""
        return self.source.removeprefix("//")

    @property
    def denied(self) -> frozenset[str]:
        """Agencies that the publisher denies this event."""
        return frozenset(self.withholdfrom.split(",")) if self.withholdfrom else frozenset()


class ReceivedEvent(Event):
    """An event as it must arrive: it says its version itself."""

    specversion: Literal["1.0"]


class _AnyData(BaseModel):
    model_config = ConfigDict(extra="allow")


@cache
def _model_for(event_type: str) -> type[Event]:
    data = CATALOGUE.get(event_type, _AnyData)
    return create_model(f"Event_{data.__name__}", __base__=ReceivedEvent, data=(data, ...))


def read_event(value: bytes | None, content_type: str | None = CONTENT_TYPE) -> Event:
    """Return the event in `value`; raise `InvalidEvent` with every fault found, none of the data.

    Never guesses: no missing attribute is filled in, no type converted, no unknown key dropped.
    """
    _check_content_type(content_type)
    parsed, faults = parse_json(value, MAX_BYTES)
    if not isinstance(parsed, dict):
        raise InvalidEvent((*faults, Fault(FaultCode.NOT_JSON, "", "is not a JSON object")))
    event_type = parsed.get("type")
    known = isinstance(event_type, str) and event_type in CATALOGUE
    if isinstance(event_type, str) and not known:
        faults.append(Fault(FaultCode.UNKNOWN_TYPE, "type", "is not a published event type"))
    details: list[ErrorDetails] = []
    try:
        event = _model_for(event_type if known else "").model_validate_json(value or b"")
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False, include_input=False)
    # Raised outside of the handler: the parser's own error may name what it met.
    if details:
        explained = _Explained(parsed)
        faults.extend(explained.fault(detail) for detail in details)
    if faults:
        raise InvalidEvent(tuple(faults))
    return event


def write_event(event: Event) -> bytes:
    """Return the canonical bytes (no nulls, sorted keys, UTC): equal for equal events."""
    return msgspec.json.encode(
        event.model_dump(mode="json", exclude_none=True, serialize_as_any=True), order="sorted"
    )


def _check_content_type(content_type: str | None) -> None:
    media, *parameters = (part.strip() for part in (content_type or "").lower().split(";"))
    if media != MEDIA_TYPE or any(part != "charset=utf-8" for part in parameters):
        message = f"the content type is not {CONTENT_TYPE}"
        raise InvalidEvent((Fault(FaultCode.CONTENT_TYPE, "", message),))


_WRONG_TYPE = ("_type", "_parsing", "_from_date_parsing")


class _Explained:
    """The parser's faults in our words, about one parsed document."""

    def __init__(self, parsed: dict[str, Any]) -> None:
        self._parsed = parsed
        self._numbers: dict[tuple[int | str, ...], dict[str, int]] = {}

    def fault(self, detail: ErrorDetails) -> Fault:
        loc, kind = detail["loc"], detail["type"]
        if kind == "extra_forbidden":
            # The name itself may be personal data, so only its place is told.
            message = f"key number {self._number(loc)} is not declared by the contract"
            return Fault(FaultCode.UNDECLARED, _path(loc[:-1]), message)
        if kind == "missing":
            return Fault(FaultCode.MISSING, _path(loc), "is missing")
        if kind == "json_invalid":
            return Fault(FaultCode.NOT_JSON, "", "is not JSON")
        wrong_type = kind.endswith(_WRONG_TYPE)
        code = FaultCode.WRONG_TYPE if wrong_type else FaultCode.WRONG_VALUE
        return Fault(code, _path(loc), _sentence(kind, detail["msg"]))

    def _number(self, loc: tuple[int | str, ...]) -> int:
        owner = loc[:-1]
        if owner not in self._numbers:
            value: Any = self._parsed
            for step in owner:
                value = value[step]
            self._numbers[owner] = {name: number for number, name in enumerate(value, 1)}
        return self._numbers[owner][str(loc[-1])]


def _sentence(kind: str, message: str) -> str:
    # pydantic's sentences quote the rule; only its parsers may quote what they met.
    if "parsing" in kind or kind == "string_unicode":
        return "cannot be read as the type the contract declares"
    return message[:1].lower() + message[1:]


def _path(loc: tuple[int | str, ...]) -> str:
    text = ""
    for step in loc:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text
