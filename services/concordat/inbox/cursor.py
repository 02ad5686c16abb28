"""The opaque position in an inbox that a reader hands back."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass

MAX_SEQ = 2**63 - 1
MAX_CURSOR_LENGTH = 200

_CURSOR = re.compile(r"[A-Za-z0-9_-]{2,200}")
_CONTENT = re.compile(r"(0|[1-9][0-9]{0,18})\.([!-~]{1,100})")


class NotACursor(ValueError):
    """The text was not issued by an inbox."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place after `seq`, in the inboxes of one database generation.

    A restored database has another generation, so its lower numbers are noticed, not skipped.
    """

    generation: str
    seq: int

    def __str__(self) -> str:
        content = f"{self.seq}.{self.generation}".encode()
        return urlsafe_b64encode(content).rstrip(b"=").decode()


def read_cursor(text: str) -> Cursor:
    """Return the cursor that `text` is; raises `NotACursor` for any other text."""
    if not _CURSOR.fullmatch(text):
        raise NotACursor
    try:
        content = urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii")
    except (NotBase64, UnicodeDecodeError):
        raise NotACursor from None
    match = _CONTENT.fullmatch(content)
    if match is None or int(match[1]) > MAX_SEQ:
        raise NotACursor
    cursor = Cursor(match[2], int(match[1]))
    if str(cursor) != text:  # Base64 has several spellings of one value
        raise NotACursor
    return cursor
