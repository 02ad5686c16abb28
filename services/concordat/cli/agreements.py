"""`concordat agreements …`: the life of an agreement, from its text to its end."""

from types import MappingProxyType

import typer

from concordat.cli.lazy import LazyGroup


class _Commands(LazyGroup):
    places = MappingProxyType(
        {
            "check": "concordat.cli.agreement_check:check",
            "show": "concordat.cli.agreement_show:show",
            "compare": "concordat.cli.agreement_compare:compare",
            "rehearse": "concordat.cli.agreement_rehearse:rehearse",
            "who-sees": "concordat.cli.agreement_questions:who_sees",
            "receives": "concordat.cli.agreement_questions:receives",
            "gaps": "concordat.cli.agreement_questions:gaps",
            "sign": "concordat.cli.agreement_sign:sign",
            "signatures": "concordat.cli.agreement_signatures:signatures",
            "suspend": "concordat.cli.agreement_notices:suspend",
            "resume": "concordat.cli.agreement_notices:resume",
            "withdraw": "concordat.cli.agreement_notices:withdraw",
            "explain": "concordat.cli.explain:explain",
        }
    )


app = typer.Typer(
    cls=_Commands, no_args_is_help=True, help="Check, show, compare, sign and stop agreements."
)


@app.callback()
def _group() -> None:
    """Check, show, compare, sign and stop agreements."""
