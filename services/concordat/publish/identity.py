"""Opaque identities that come out the same every time the same thing is read."""

import hashlib
import json


def identity(kind: str, *content: str) -> str:
    """Return `<kind>-<32 hex digits>`, a SHA-256 over `kind` and `content`.

    Equal content gives the equal identity; nothing of the content can be read from it unless it
    can be guessed, so the kinds used here hash public rows or other opaque identities only.
    """
    text = json.dumps([kind, *content], ensure_ascii=True, separators=(",", ":"))
    return f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:32]}"


def case_opened_by(event_id: str) -> str:
    """Return the case that an event opens: each independent opening is a case of its own."""
    return identity("case", event_id)
