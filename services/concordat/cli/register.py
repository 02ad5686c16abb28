"""`concordat register …`: write the register of a development stack."""

import asyncio

import typer

from concordat.cli.console import UNAVAILABLE, fail, say
from concordat.cli.target import StateOption, find_target
from concordat.cli.topics import ContractsOption
from concordat.kafka.register_log import RegisterLog
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import load_contracts
from concordat.stack.demo_register import demo_register
from concordat.stack.development_keys import DevelopmentKeys

app = typer.Typer(no_args_is_help=True, help="The register of controllers and agreements.")


@app.command()
def publish(state: StateOption = None, contracts: ContractsOption = CONTRACTS) -> None:
    """Sign the contracts with the development keys and append what is new to the register."""
    target = find_target(state)
    bootstrap = target.kafka
    if target.state is None:
        fail("only a development stack has the keys to sign with", UNAVAILABLE)
    records = demo_register(load_contracts(contracts), DevelopmentKeys(target.state))
    written = asyncio.run(RegisterLog(bootstrap, target.topics).append(records))
    say(f"{written} of {len(records)} records were new")
