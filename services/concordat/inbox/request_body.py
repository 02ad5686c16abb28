"""Reading a body: its declared type first, then no more of it than is accepted."""

from collections.abc import Collection
from email.message import Message

from fastapi import Request

from concordat.inbox.problems import ProblemFound

JSON = "application/json"


def media_type_of(request: Request, accepted: Collection[str]) -> str:
    """Return the media type of the body, one of `accepted`; anything else ends in 415.

    Bodies are UTF-8 and not compressed: a compressed one can grow without limit.
    """
    header = Message()
    header["content-type"] = request.headers.get("content-type", "")
    charset = header.get_param("charset", "utf-8")
    encoded = request.headers.get("content-encoding", "identity") != "identity"
    media_type = header.get_content_type()
    if media_type not in accepted or encoded or str(charset).lower() != "utf-8":
        raise ProblemFound(415, f"Send {' or '.join(accepted)}, in UTF-8, not compressed.")
    return media_type


async def read_body(request: Request, max_bytes: int) -> bytes:
    """Return the whole body; it ends in 413 as soon as it is larger than `max_bytes`."""
    too_large = ProblemFound(413, f"At most {max_bytes} bytes are accepted here.")
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise too_large
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > max_bytes:
            raise too_large
    return bytes(body)
