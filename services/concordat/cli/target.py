"""Which stack a command speaks to: a state directory, or addresses said aloud."""

import contextlib
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, NoReturn

import httpx
import typer
from joserfc.jwk import OKPKey
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from concordat.cli.console import NEGATIVE, UNAVAILABLE, fail
from concordat.kafka.topics import Topics
from concordat.stack.development_keys import DevelopmentKeys
from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory

DEFAULT_STATE = Path(".concordat")
REACH_SECONDS = 5.0

StateOption = Annotated[
    Path | None,
    typer.Option("--state", help="State directory of the stack.", envvar="CONCORDAT_STATE"),
]
AgencyOption = Annotated[str, typer.Option("--agency", help="The agency to act as.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON object on stdout.")]


class _Addresses(BaseSettings):
    """Explicit addresses; each wins over the state directory's."""

    model_config = SettingsConfigDict(env_prefix="CONCORDAT_", extra="ignore")

    kafka: str | None = None
    api: str | None = None
    auditor: SecretStr | None = None
    postgres: SecretStr | None = None
    token: SecretStr | None = None
    topic_prefix: str = ""


@dataclass(frozen=True, slots=True)
class Target:
    """A stack's addresses; what is missing ends the command with a sentence that says so."""

    state: StateDirectory | None
    stack: Stack | None
    addresses: _Addresses

    @property
    def topics(self) -> Topics:
        """The names of its topics."""
        return Topics(self.addresses.topic_prefix)

    @property
    def kafka(self) -> str:
        """Bootstrap servers, one of which answers."""
        if self.addresses.kafka:
            return _answering(self.addresses.kafka, *self.addresses.kafka.split(","))
        if self.stack is None:
            self._missing("CONCORDAT_KAFKA")
        return _answering(self.stack.kafka, self.stack.kafka)

    @property
    def api(self) -> str:
        """Base URL of the HTTP API, which answers."""
        api = self.addresses.api or (self.stack.api if self.stack else None)
        if api is None:
            self._missing("CONCORDAT_API")
        url = httpx.URL(api)
        return _answering(api, f"{url.host}:{url.port or (443 if url.scheme == 'https' else 80)}")

    @property
    def auditor_dsn(self) -> str:
        """DSN of the role that reads metadata."""
        if self.addresses.auditor:
            return self.addresses.auditor.get_secret_value()
        return self._dsn("concordat_auditor", "CONCORDAT_AUDITOR")

    @property
    def deliver_dsn(self) -> str:
        """DSN of the role that delivers."""
        if self.addresses.postgres:
            return self.addresses.postgres.get_secret_value()
        return self._dsn("concordat_deliver", "CONCORDAT_POSTGRES")

    def _dsn(self, role: str, variable: str) -> str:
        """DSN of a database role, whose password only the state directory has."""
        if self.state is None or self.stack is None:
            self._missing(variable)
        password = self.state.secret(f"postgres-{role.replace('_', '-')}")
        place = f"{self.stack.postgres_host}:{self.stack.postgres_port}"
        _answering(place, place)
        return f"postgresql://{role}:{password}@{place}/{self.stack.postgres_database}"

    def token(self, agency: str) -> str:
        """A bearer token for `agency`: CONCORDAT_TOKEN, or one from the development key."""
        if self.addresses.token:
            return self.addresses.token.get_secret_value()
        from concordat.inbox.tokens import issue_token  # noqa: PLC0415 - loads the API's parts
        from concordat.runtime.clock import system_clock  # noqa: PLC0415
        from concordat.runtime.settings import Settings  # noqa: PLC0415

        settings = Settings()
        return issue_token(
            agency,
            self.issuer_key(),
            issuer=settings.token_issuer,
            audience=settings.token_audience,
            now=system_clock(),
        )

    def issuer_key(self) -> OKPKey:
        """The development issuer's private key, which only an embedded stack has."""
        if self.state is None:
            self._missing("CONCORDAT_TOKEN")
        return DevelopmentKeys(self.state).token_issuer()

    def http(self, agency: str) -> httpx.Client:
        """An HTTP client that acts as `agency`."""
        return httpx.Client(
            base_url=self.api,
            headers={"Authorization": f"Bearer {self.token(agency)}"},
            timeout=40,
        )

    def _missing(self, variable: str) -> NoReturn:
        where = self.state.path if self.state else DEFAULT_STATE
        fail(
            f"no stack runs in {where}; start one with `make run`, "
            f"name another with --state, or set {variable}",
            UNAVAILABLE,
        )


def _answering(address: str, *places: str) -> str:
    """Return `address` when something listens at one of `places`; else end the command."""
    for place in places:
        host, _, port = place.strip().rpartition(":")
        with contextlib.suppress(OSError, ValueError):
            socket.create_connection((host, int(port)), REACH_SECONDS).close()
            return address
    sentence = f"nothing answers at {address}; start a stack with `make run`, or name another"
    return fail(f"{sentence} with --state", UNAVAILABLE)


def find_target(state: Path | None) -> Target:
    """Return the stack in `state` (default `.concordat`), with explicit addresses over it."""
    folder = state or DEFAULT_STATE
    directory = StateDirectory(folder) if folder.is_dir() else None
    stack = directory.read_stack() if directory else None
    return Target(directory if stack else None, stack, _Addresses())


def answer_of(response: httpx.Response) -> Any:
    """Return the JSON of a good answer; a problem ends the command with its sentence."""
    if response.is_success:
        return response.json()
    try:
        problem = response.json()
    except ValueError:
        fail(f"the API answered {response.status_code}", UNAVAILABLE)
    lines = [f"{problem.get('title')}: {problem.get('detail', '')}"]
    for error in problem.get("errors", []):
        place = " ".join(str(error[key]) for key in ("index", "path") if key in error)
        lines.append(f"  {error.get('code')} {place}: {error.get('message')}")
    code = UNAVAILABLE if response.is_server_error else NEGATIVE
    return fail("\n".join(lines), code)
