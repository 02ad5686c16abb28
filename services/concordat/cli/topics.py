"""`concordat topics …`: the broker as contracts/topics.yaml says."""

from pathlib import Path
from typing import Annotated

import typer

from concordat.cli.console import NEGATIVE, put, say
from concordat.cli.target import StateOption, find_target
from concordat.kafka.topics_admin import admin_client, apply_topics, check_topics
from concordat.kafka.topics_file import (
    TopicPlan,
    direct_agencies,
    read_topics_file,
    topic_plans,
)
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import load_contracts

app = typer.Typer(no_args_is_help=True, help="Make topics, or compare them with the contract.")
ContractsOption = Annotated[Path, typer.Option("--contracts", help="The contracts folder.")]


@app.command("apply")
def apply_(state: StateOption = None, contracts: ContractsOption = CONTRACTS) -> None:
    """Create the topics that are missing; change none that exists."""
    target = find_target(state)
    made = apply_topics(admin_client(target.kafka), _plans(contracts, target.topics.prefix))
    for name in made:
        put(name)
    say(f"{len(made)} topics made")


@app.command()
def check(state: StateOption = None, contracts: ContractsOption = CONTRACTS) -> None:
    """Name every difference between the broker and the contract; exit 1 when there is one."""
    target = find_target(state)
    found = check_topics(admin_client(target.kafka), _plans(contracts, target.topics.prefix))
    for difference in found:
        put(str(difference))
    say(f"{len(found)} differences")
    if found:
        raise typer.Exit(NEGATIVE)


def _plans(contracts: Path, prefix: str) -> list[TopicPlan]:
    file = read_topics_file(contracts / "topics.yaml")
    known = load_contracts(contracts)
    return topic_plans(file, known.agencies, prefix, direct=direct_agencies(known.agreements))
