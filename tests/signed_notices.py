"""Signed notices for tests, and what the book says of an item."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from builders import NOW, RECORDED, Exchange
from concordat.agreements.disclosure import Disclosed
from concordat.agreements.document import Agreement
from concordat.agreements.notice import Notice
from concordat.agreements.reason import Reason
from concordat.agreements.signature import sign

Pairs = Iterable[tuple[str, str]]


def notice_of(
    agreement: Agreement, /, controller: str, action: str, *, pairs: Pairs = (), **changes: Any
) -> Notice:
    """A notice of `controller`; `changes` replace keys."""
    content = {
        "schema": "concordat/notice/v1",
        "agreement": agreement.id,
        "version": agreement.version,
        "action": action,
        "controller": controller,
        "at": NOW,
        "reason": "A test asks for it.",
        "pairs": [{"publisher": one, "recipient": other} for one, other in pairs],
    }
    return Notice.model_validate(content | changes)


def record_of(notice: Notice, exchange: Exchange, signer: str | None = None) -> tuple[str, bytes]:
    """The notice's register record, signed by its controller or by `signer`."""
    key = exchange.keys[signer or notice.controller]
    value = {
        "notice": msgspec.Raw(notice.model_dump_json(exclude_defaults=True).encode()),
        "signature": sign(notice.canonical(), key),
    }
    return f"notice/{notice.agreement}/{notice.digest()}", msgspec.json.encode(value)


def say(
    exchange: Exchange,
    agreement: Agreement,
    /,
    controller: str,
    action: str,
    *,
    recorded_at: datetime = RECORDED,
    **changes: Any,
) -> str:
    """Register a signed notice; return its digest, by which it can be resumed."""
    notice = notice_of(agreement, controller, action, **changes)
    exchange.write(*record_of(notice, exchange), recorded_at)
    return notice.digest()


def why_unread(
    exchange: Exchange,
    *,
    agreement: str = "test-agreement",
    version: int = 1,
    publisher: str = "police",
    recipient: str = "social-care",
    shares: tuple[str, ...] = ("all-crimes",),
    now: datetime = NOW,
) -> Reason | None:
    """Why an item of the test agreement may not be read now; None when it may."""
    item = Disclosed(
        agreement, version, shares, publisher, recipient, "community-safety.crime-recorded.v1"
    )
    return exchange.book.why_stopped(item, now)


def refusals(exchange: Exchange) -> list[tuple[str, str]]:
    """Kind and reason of every refused record."""
    return [(record.kind, record.why) for record in exchange.keeper.register.refused]
