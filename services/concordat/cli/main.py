"""The `concordat` command: one composition root per subcommand."""

import typer

from concordat.cli import agreements, contracts, inbox, keys, register, replay, run, topics
from concordat.cli.console import EXIT_CODES
from concordat.cli.demo import demo
from concordat.cli.disclosures import disclosures
from concordat.cli.forget import forget
from concordat.cli.impact import impact
from concordat.cli.lag import lag
from concordat.cli.publish import publish
from concordat.cli.token import token
from concordat.cli.up import up
from concordat.cli.why import why
from concordat.runtime.logs import quiet_clients

app = typer.Typer(
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


app.command()(up)
app.command()(demo)
app.command()(publish)
app.command()(why)
app.command()(disclosures)
app.command()(impact)
app.command()(lag)
app.command()(token)
app.command()(forget)
app.add_typer(inbox.app, name="inbox")
app.add_typer(agreements.app, name="agreements")
app.add_typer(keys.app, name="keys")
app.add_typer(register.app, name="register")
app.add_typer(topics.app, name="topics")
app.add_typer(contracts.app, name="contracts")
app.add_typer(replay.app, name="replay")
app.add_typer(run.app, name="run")

if __name__ == "__main__":
    app()
