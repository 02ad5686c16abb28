"""A plain register, as the naive evaluator reads it, made into one of the exchange."""

import json
from datetime import datetime
from typing import Any

import msgspec

from builders import NOW, Exchange
from concordat.agreements.document import Agreement
from concordat.agreements.notice import Notice
from concordat.agreements.parties import Agency, Controller
from concordat.agreements.register import Register
from concordat.agreements.signature import sign
from naive_register import Plain, PlainRegister

UNREADABLE = 9  # the version that nobody can read


def signed(plain: PlainRegister) -> Exchange:
    """Write every record as in production, signed by its rightful signer."""
    exchange = Exchange({controller: [] for controller in sorted(set(plain.controllers.values()))})
    for agency in agencies_of(plain).values():
        exchange.write(f"agency/{agency.id}", agency.model_dump_json(exclude_none=True))
    documents = {(each.id, each.version): each for each in documents_of(plain)}
    for document in documents.values():
        exchange.add(document, signed_by=[])
    for agreement_id, version, controller in sorted(plain.signatures):
        exchange.sign(documents[agreement_id, version], controller)
    for notice in notices_of(plain):
        signature = sign(notice.canonical(), exchange.keys[notice.controller])
        record = {
            "notice": msgspec.Raw(notice.model_dump_json(exclude_none=True).encode()),
            "signature": signature,
        }
        key = f"notice/{notice.agreement}/{notice.digest()}"
        exchange.write(key, msgspec.json.encode(record))
    for agreement_id in sorted(plain.unreadable):
        exchange.write(f"agreement/{agreement_id}/{UNREADABLE}", b"{}")
    return exchange


def unsigned(plain: PlainRegister) -> Register:
    """The same register without the work of signing and verifying."""
    register = Register()
    for controller in sorted(set(plain.controllers.values())):
        content = {"schema": "concordat/controller/v1", "id": controller, "name": controller}
        register.controllers[controller] = Controller.model_validate(content)
    register.agencies.update(agencies_of(plain))
    for document in documents_of(plain):
        register.agreements.setdefault(document.id, {})[document.version] = document
    register.unreadable.update({agreement_id: {UNREADABLE: 0} for agreement_id in plain.unreadable})
    register.signatures.update(plain.signatures)
    for notice in notices_of(plain):
        register.notices.setdefault(notice.agreement, []).append(notice)
    return register


def agencies_of(plain: PlainRegister) -> dict[str, Agency]:
    """Every agency, with what it is registered as elsewhere."""
    return {agency: _agency(plain, agency) for agency in plain.controllers}


def _agency(plain: PlainRegister, agency: str) -> Agency:
    return Agency.model_validate(
        {
            "schema": "concordat/agency/v1",
            "id": agency,
            "name": agency,
            "controller": plain.controllers[agency],
            "identifiers": plain.identifiers.get(agency),
        }
    )


def documents_of(plain: PlainRegister) -> list[Agreement]:
    """Every version of every agreement as a document."""
    return [Agreement.model_validate_json(json.dumps(each)) for each in plain.agreements]


def notices_of(plain: PlainRegister) -> list[Notice]:
    """Every notice; a resumption names its suspension by the digest."""
    found: dict[int, Notice] = {}
    for each in plain.notices:
        resumed = found[each["resumes"]].digest() if each["resumes"] is not None else None
        found[each["number"]] = _notice(each, resumed, NOW)
    return list(found.values())


def _notice(plain: Plain, resumes: str | None, at: datetime) -> Notice:
    content: dict[str, Any] = {
        "schema": "concordat/notice/v1",
        "agreement": plain["agreement"],
        "version": plain["version"],
        "action": plain["action"],
        "controller": plain["controller"],
        "at": at,
        "reason": f"Test notice {plain['number']}.",
        "pairs": [
            {"publisher": publisher, "recipient": recipient}
            for publisher, recipient in plain["pairs"]
        ],
        "resumes": resumes,
    }
    return Notice.model_validate(content)
