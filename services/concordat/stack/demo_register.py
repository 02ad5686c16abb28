"""The demo's register: the contracts, signed with development keys by all who sign."""

from concordat.agreements.register import Register
from concordat.kafka.register_log import RegisterRecord
from concordat.runtime.clock import system_clock
from concordat.stack.contracts import Contracts
from concordat.stack.development_keys import DevelopmentKeys
from concordat.stack.publication import NOT_SIGNED, plan_publication

__all__ = ["NOT_SIGNED", "demo_register"]


def demo_register(contracts: Contracts, keys: DevelopmentKeys) -> list[RegisterRecord]:
    """Return every record of an empty register, in the order that it needs."""
    return plan_publication(contracts, Register(), system_clock(), keys).records
