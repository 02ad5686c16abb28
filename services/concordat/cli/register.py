"""`concordat register …`: bring the register to what the contracts folder says."""

import asyncio

import typer

from concordat.cli.console import NEGATIVE, put, put_json, say
from concordat.cli.target import JsonOption, StateOption, find_target
from concordat.cli.topics import ContractsOption
from concordat.kafka.register_log import RegisterLog
from concordat.runtime.clock import system_clock
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import load_contracts
from concordat.stack.development_keys import DevelopmentKeys
from concordat.stack.publication import plan_publication

app = typer.Typer(no_args_is_help=True, help="The register of controllers and agreements.")


@app.callback()
def _group() -> None:
    """Keep the subcommand's name although there is only one."""


@app.command()
def publish(
    state: StateOption = None, contracts: ContractsOption = CONTRACTS, json: JsonOption = False
) -> None:
    """Append what the folder has and the register lacks: parties, keys, agreements, signatures.

    A controller whose keys changed gets its next revision. A development stack also signs with
    its own keys. What is registered stands: every difference is named, and ends in exit 1.
    """
    target = find_target(state)
    log = RegisterLog(target.kafka, target.topics)
    keys = DevelopmentKeys(target.state) if target.state else None
    register = asyncio.run(log.read())
    plan = plan_publication(load_contracts(contracts), register, system_clock(), keys)
    written = asyncio.run(log.append(plan.records))
    if json:
        put_json(
            {
                "written": [record.key for record in plan.records],
                "conflicts": plan.conflicts,
            }
        )
    else:
        for conflict in plan.conflicts:
            put(conflict)
    say(f"{written} records written, {len(plan.conflicts)} differences that stand")
    if plan.conflicts:
        raise typer.Exit(NEGATIVE)
