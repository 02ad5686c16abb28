"""Inbox answers as JSON: the stored deliveries are spliced in as they are, not parsed again."""

from urllib.parse import urlencode

import msgspec

from concordat.inbox.cursor import Cursor
from concordat.inbox.stored_item import Sorted, StoredItem

PATH = "/v1/inbox"


class _Item(msgspec.Struct, omit_defaults=True):
    seq: int
    acknowledged: bool
    delivery: msgspec.Raw
    arrived: str | None = None


class _Stopped(msgspec.Struct, omit_defaults=True):
    seq: int
    reason: str
    because: str
    moved_to: int | None = None


class _Links(msgspec.Struct):
    next: str


class _Page(msgspec.Struct):
    agency: str
    items: list[_Item]
    stopped: list[_Stopped]
    cursor: str
    links: _Links


_encode = msgspec.json.Encoder().encode


def write_item(item: StoredItem) -> bytes:
    """Return `item` as the JSON of an `InboxItem`."""
    return _encode(_item(item))


def write_page(agency: str, items: Sorted, cursor: Cursor, next_link: str) -> bytes:
    """Return the JSON of an `InboxPage`."""
    stopped = [
        _Stopped(stub.seq, stub.reason, stub.because, stub.moved_to) for stub in items.stopped
    ]
    readable = [_item(item) for item in items.readable]
    return _encode(_Page(agency, readable, stopped, str(cursor), _Links(next_link)))


def link_after(cursor: Cursor, *, limit: int, wait: int, acknowledged: bool) -> str:
    """Return the relative reference that reads on after `cursor` in the same way."""
    query = {"after": str(cursor), "limit": limit}
    if wait:
        query["wait"] = wait
    if acknowledged:
        query["all"] = "true"
    return f"{PATH}?{urlencode(query)}"


def _item(item: StoredItem) -> _Item:
    assert item.body is not None, "what was purged is never readable"
    return _Item(item.seq, item.acknowledged, msgspec.Raw(item.body), item.arrived)
