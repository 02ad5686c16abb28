"""The demo's register: the contracts, signed with development keys by all who sign."""

from collections.abc import Iterator

import msgspec

from concordat.agreements.document import Agreement
from concordat.agreements.signature import sign
from concordat.kafka.register_log import RegisterRecord
from concordat.stack.contracts import Contracts
from concordat.stack.development_keys import DevelopmentKeys, public_key

# Listed as a party, has not signed: nothing flows to it, and the summary says why.
NOT_SIGNED = frozenset({"telford-and-wrekin-council"})


def demo_register(contracts: Contracts, keys: DevelopmentKeys) -> list[RegisterRecord]:
    """Return every record in the order the register needs: who, then what, then signatures."""
    return [
        *_controllers(contracts, keys),
        *(
            RegisterRecord(
                f"agency/{agency.id}", agency.model_dump_json(exclude_none=True).encode()
            )
            for agency in contracts.agencies.values()
        ),
        *(record for each in contracts.agreements for record in _signed(each, contracts, keys)),
    ]


def _controllers(contracts: Contracts, keys: DevelopmentKeys) -> Iterator[RegisterRecord]:
    for controller in contracts.controllers.values():
        own = [*controller.keys, public_key(keys.controller(controller.id))]
        registered = controller.model_copy(update={"keys": own})
        value = registered.model_dump_json(exclude_none=True).encode()
        yield RegisterRecord(f"controller/{controller.id}", value)


def _signed(
    agreement: Agreement, contracts: Contracts, keys: DevelopmentKeys
) -> Iterator[RegisterRecord]:
    place = f"{agreement.id}/{agreement.version}"
    yield RegisterRecord(f"agreement/{place}", agreement.canonical())
    signers = {contracts.agencies[agency].controller for agency in agreement.parties}
    for controller in sorted(signers - NOT_SIGNED):
        signature = sign(agreement.canonical(), keys.controller(controller))
        value = msgspec.json.encode({"signature": signature})
        yield RegisterRecord(f"signature/{place}/{controller}", value)
