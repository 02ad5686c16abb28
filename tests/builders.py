"""Shared builders of test values: keys, a signed register, agreements, events."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

import msgspec
from joserfc.jwk import OKPKey

from concordat.agreements.book import Book, BookKeeper
from concordat.agreements.document import Agreement
from concordat.agreements.notice import Notice
from concordat.agreements.parties import Agency, Controller, SigningKey
from concordat.agreements.signature import sign

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BASIS = ["gdpr-6-1-e", "gdpr-9-2-g", "dpa2018-sch1-18"]
RECORDED = datetime(2026, 1, 1, 12, 0, tzinfo=UTC)


def key_of(controller: str) -> OKPKey:
    """A new private Ed25519 key whose kid names its controller."""
    return OKPKey.generate_key("Ed25519", {"kid": f"{controller}-1"})


def public(key: OKPKey, valid_from: date = date(2020, 1, 1)) -> SigningKey:
    """The public half, as it stands in the register."""
    return SigningKey(
        kid=str(key.kid), x=str(key.as_dict(private=False)["x"]), valid_from=valid_from
    )


def agreement_of(**changes: Any) -> Agreement:
    """A small valid agreement: police to social care and Women's Aid; `changes` replace keys."""
    content: dict[str, Any] = {
        "schema": "concordat/agreement/v1",
        "id": "test-agreement",
        "version": 1,
        "service_line": "domestic-abuse",
        "title": "A test agreement",
        "purpose": "Show what an agreement does.",
        "effective": {"from": "2026-01-01", "until": "2027-12-31"},
        "review_by": "2027-06-30",
        "dpia": {"ref": "DPIA-1", "approved": "2025-11-30"},
        "operator": "council",
        "parties": {
            "police": {"acts_as": "controller", "keep_days": 365},
            "social-care": {"acts_as": "controller", "keep_days": 30, "onward": "ask"},
            "womens-aid": {"acts_as": "controller", "keep_days": 90},
        },
        "laws": {
            "protect": {
                "gateway": "ca2004-s11",
                "publisher_basis": BASIS,
                "recipient_basis": BASIS,
            }
        },
        "shares": [share_of()],
    }
    return Agreement.model_validate_json(msgspec.json.encode({**content, **changes}))


def share_of(**changes: Any) -> dict[str, Any]:
    """A share of crimes from police to social care, unconditional; `changes` replace keys."""
    return {
        "id": "all-crimes",
        "from": ["police"],
        "to": ["social-care"],
        "event": "community-safety.crime-recorded.v1",
        "send": ["category", "month"],
        "law": "protect",
        "because": "A test needs it.",
        **changes,
    }


@dataclass
class Exchange:
    """A register written by its rightful signers: the only way in, as in production."""

    controllers: Mapping[str, Iterable[str]] = field(
        default_factory=lambda: {
            "police-authority": ["police"],
            "council": ["social-care", "adult-care"],
            "charity": ["womens-aid"],
        }
    )
    keeper: BookKeeper = field(default_factory=BookKeeper)
    keys: dict[str, OKPKey] = field(default_factory=dict)
    log: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        for controller, agencies in self.controllers.items():
            key = self.keys[controller] = key_of(controller)
            self.write(
                f"controller/{controller}",
                Controller.model_validate(
                    {
                        "schema": "concordat/controller/v1",
                        "id": controller,
                        "name": controller,
                        "keys": [public(key)],
                    }
                ).model_dump_json(),
            )
            for agency in agencies:
                record = Agency.model_validate(
                    {
                        "schema": "concordat/agency/v1",
                        "id": agency,
                        "name": agency,
                        "controller": controller,
                    }
                )
                self.write(f"agency/{agency}", record.model_dump_json())

    def write(self, key: str, value: str | bytes | None, recorded_at: datetime = RECORDED) -> None:
        """Append one register record."""
        data = value.encode() if isinstance(value, str) else value
        offset = self.keeper.register.next_offset
        self.keeper.apply(key, data, offset=offset, recorded_at=recorded_at)
        self.log.append((key, data or b""))

    def add(self, agreement: Agreement, signed_by: Iterable[str] | None = None) -> None:
        """Register `agreement`, signed by these controllers (default: all)."""
        self.write(f"agreement/{agreement.id}/{agreement.version}", agreement.canonical())
        for controller in self.keys if signed_by is None else signed_by:
            self.sign(agreement, controller)

    def sign(self, agreement: Agreement, controller: str, recorded_at: datetime = RECORDED) -> None:
        """Append `controller`'s signature over `agreement`."""
        jws = sign(agreement.canonical(), self.keys[controller])
        self.write(
            f"signature/{agreement.id}/{agreement.version}/{controller}",
            msgspec.json.encode({"signature": jws}),
            recorded_at,
        )

    def notify(self, agreement: Agreement, controller: str, action: str) -> None:
        """Append a signed notice by which `controller` stops its own pairs."""
        key, value = signed_notice(agreement, controller, action, self.keys[controller])
        self.write(key, value)

    @property
    def book(self) -> Book:
        """The compiled book."""
        return self.keeper.book


def signed_notice(
    agreement: Agreement, controller: str, action: str, key: OKPKey
) -> tuple[str, bytes]:
    """The register record of a notice: its key and value."""
    notice = Notice.model_validate(
        {
            "schema": "concordat/notice/v1",
            "agreement": agreement.id,
            "version": agreement.version,
            "action": action,
            "controller": controller,
            "at": NOW,
            "reason": "A test asks for it.",
        }
    )
    value = {
        "notice": msgspec.Raw(notice.model_dump_json(by_alias=True).encode()),
        "signature": sign(notice.canonical(), key),
    }
    return f"notice/{notice.agreement}/{notice.digest()}", msgspec.json.encode(value)


def crime(**changes: Any) -> dict[str, Any]:
    """A crime event as plain JSON; `changes` replace keys of its data."""
    return {
        "specversion": "1.0",
        "id": "crime-0001",
        "source": "//police",
        "type": "community-safety.crime-recorded.v1",
        "time": "2025-12-01T00:00:00Z",
        "subject": "case-0001",
        "data": {"category": "drugs", "month": "2025-12", "district": "Redditch", **changes},
    }
