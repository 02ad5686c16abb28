"""Notices of any kind on a test's register, signed by whom they name."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

import msgspec

from builders import NOW, RECORDED, Exchange
from concordat.agreements.document import Agreement
from concordat.agreements.notice import Notice
from concordat.agreements.signature import sign


def give_notice(
    exchange: Exchange,
    agreement: Agreement,
    controller: str,
    action: str,
    *,
    resumes: str | None = None,
    pairs: Iterable[tuple[str, str]] = (),
    at: datetime = NOW,
    recorded_at: datetime = RECORDED,
) -> str:
    """Append the notice and return its digest; another `at` makes it another notice."""
    content: dict[str, Any] = {
        "schema": "concordat/notice/v1",
        "agreement": agreement.id,
        "version": agreement.version,
        "action": action,
        "controller": controller,
        "at": at,
        "reason": "A test asks for it.",
        "pairs": [{"publisher": one, "recipient": other} for one, other in pairs],
        "resumes": resumes,
    }
    notice = Notice.model_validate(content)
    value = {
        "notice": msgspec.Raw(notice.canonical()),
        "signature": sign(notice.canonical(), exchange.keys[controller]),
    }
    key = f"notice/{notice.agreement}/{notice.digest()}"
    exchange.write(key, msgspec.json.encode(value), recorded_at)
    return notice.digest()
