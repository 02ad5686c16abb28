"""The events that one request publishes, read from its body. Pure."""

from dataclasses import dataclass

import msgspec

from concordat.agreements.book import Book
from concordat.inbox.problems import ProblemError, ProblemFound, error_of, invalid
from concordat.stages.admit import examine
from concordat_events.envelope import CONTENT_TYPE, MAX_BYTES, MEDIA_TYPE, Event, write_event
from concordat_events.faults import InvalidEvent

BATCH_MEDIA_TYPE = "application/cloudevents-batch+json"
MAX_BATCH_BYTES = 4 * 1024 * 1024
MAX_BATCH_EVENTS = 500
MAX_SUBMISSION_BYTES = {MEDIA_TYPE: MAX_BYTES, BATCH_MEDIA_TYPE: MAX_BATCH_BYTES}

_decode_batch = msgspec.json.Decoder(list[msgspec.Raw]).decode


@dataclass(frozen=True, slots=True)
class Submission:
    """Valid events of one agency, each id once, in the order they were sent."""

    events: tuple[Event, ...]


def read_submission(body: bytes, media_type: str, *, agency: str, book: Book) -> Submission:
    """Return the events in `body`; any fault in any of them refuses all (`ProblemFound`)."""
    batch = media_type == BATCH_MEDIA_TYPE
    events: dict[str, Event] = {}
    errors: list[ProblemError] = []
    for number, value in enumerate(_split(body) if batch else [body]):
        index = number if batch else None
        try:
            event = examine(value, CONTENT_TYPE, agency=agency, book=book)
        except InvalidEvent as refused:
            errors.extend(error_of(fault, index) for fault in refused.faults)
            continue
        if _content(events.setdefault(event.id, event)) != _content(event):
            message = "is the id of another event in this batch, with other contents"
            error = ProblemError(code="DUPLICATE_ID", path="id", message=message, index=index)
            errors.append(error)
    if errors:
        raise ProblemFound(422, "No event was accepted; see errors.", errors)
    return Submission(tuple(events.values()))


def _split(body: bytes) -> list[bytes]:
    try:
        values = [bytes(raw) for raw in _decode_batch(body)]
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise invalid("NOT_JSON", "", "is not a JSON array of events") from None
    if len(values) > MAX_BATCH_EVENTS:
        raise ProblemFound(413, f"At most {MAX_BATCH_EVENTS} events are accepted in one batch.")
    return values


def _content(event: Event) -> bytes:
    # A repeat may be traced anew: what is compared is what is compared after admission.
    return write_event(event.model_copy(update={"traceparent": None}))
