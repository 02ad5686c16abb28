"""A register with the contracts of the demonstration, signed with keys made for a test."""

from pathlib import Path

from builders import RECORDED, Exchange
from concordat.agreements.register import Register
from concordat.runtime.clock import system_clock
from concordat.stack.development_keys import DevelopmentKeys
from concordat.stack.publication import plan_publication
from concordat.stack.state_directory import StateDirectory
from contract.folder import contracts


def exchange_of_contracts(folder: Path) -> Exchange:
    """Every controller, agency and agreement of `contracts/`, signed by all who sign."""
    keys, everything = DevelopmentKeys(StateDirectory(folder)), contracts()
    exchange = Exchange({})
    for record in plan_publication(everything, Register(), system_clock(), keys).records:
        exchange.write(record.key, record.value, RECORDED)
    assert not exchange.keeper.register.refused, exchange.keeper.register.refused
    exchange.keys = {name: keys.controller(name) for name in everything.controllers}
    return exchange
