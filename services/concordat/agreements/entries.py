"""The register's entries as they are written: a key and its value."""

import msgspec

from concordat.agreements.document import Agreement
from concordat.agreements.notice import Notice
from concordat.agreements.parties import Agency, Controller

Entry = tuple[str, bytes]


def controller_entry(controller: Controller, revision: int = 1) -> Entry:
    """A controller, or a later revision of it."""
    place = controller.id if revision == 1 else f"{controller.id}/{revision}"
    return f"controller/{place}", controller.model_dump_json(exclude_none=True).encode()


def agency_entry(agency: Agency) -> Entry:
    """An agency."""
    return f"agency/{agency.id}", agency.model_dump_json(exclude_none=True).encode()


def agreement_entry(agreement: Agreement) -> Entry:
    """One version of an agreement: the very bytes that are signed."""
    return f"agreement/{agreement.id}/{agreement.version}", agreement.canonical()


def signature_entry(agreement: str, version: int, controller: str, signature: str) -> Entry:
    """A controller's detached JWS over that version."""
    value = msgspec.json.encode({"signature": signature})
    return signature_key(agreement, version, controller), value


def signature_key(agreement: str, version: int, controller: str) -> str:
    """The key of that controller's signature."""
    return f"signature/{agreement}/{version}/{controller}"


def notice_entry(notice: Notice, signature: str) -> Entry:
    """A notice and its controller's detached JWS over it."""
    value = {"notice": msgspec.Raw(notice.canonical()), "signature": signature}
    return notice_key(notice), msgspec.json.encode(value)


def notice_key(notice: Notice) -> str:
    """The key of the notice: its digest, so that a repeat is one."""
    return f"notice/{notice.agreement}/{notice.digest()}"
