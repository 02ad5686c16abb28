"""The `concordat` command: one composition root per subcommand."""

from types import MappingProxyType

import typer

from concordat.cli.console import EXIT_CODES
from concordat.cli.lazy import LazyGroup
from concordat.runtime.logs import quiet_clients


class _Commands(LazyGroup):
    places = MappingProxyType(
        {
            "up": "concordat.cli.up:up",
            "demo": "concordat.cli.demo:demo",
            "prepare": "concordat.cli.prepare:prepare",
            "publish": "concordat.cli.publish:publish",
            "inbox": "concordat.cli.inbox:app",
            "why": "concordat.cli.why:why",
            "agreements": "concordat.cli.agreements:app",
            "keys": "concordat.cli.keys:app",
            "register": "concordat.cli.register:app",
            "disclosures": "concordat.cli.disclosures:disclosures",
            "impact": "concordat.cli.impact:impact",
            "lag": "concordat.cli.lag:lag",
            "dead-letters": "concordat.cli.dead_letters:app",
            "replay": "concordat.cli.replay:app",
            "recover": "concordat.cli.recover:recover",
            "topics": "concordat.cli.topics:app",
            "contracts": "concordat.cli.contracts:app",
            "token": "concordat.cli.token:token",
            "forget": "concordat.cli.forget:forget",
            "run": "concordat.cli.run:app",
        }
    )


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help=(
        "Lawful case exchange between agencies. Commands find a stack in --state DIR, in "
        "CONCORDAT_STATE, in .concordat, or at CONCORDAT_KAFKA, CONCORDAT_API and "
        "CONCORDAT_AUDITOR (a DSN), with CONCORDAT_TOKEN as the bearer token."
    ),
    epilog=EXIT_CODES,
)


@app.callback()
def _quietly() -> None:
    quiet_clients()


if __name__ == "__main__":
    app()
