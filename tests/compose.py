"""docker-compose.yml under a project of its own, thrown away at the end.

`python -m compose COMMAND…` brings all of it up, plays the demonstration and runs a command on its
servers.
"""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from chosen_stack import Servers, StackMissing
from concordat.stack.exchange import SERVICES
from containers import ask_engine

ROOT = Path(__file__).parents[1]
SUPERUSER = "superuser-for-development"
ADDRESSES = Servers(
    "127.0.0.1:19092", f"postgresql://concordat:{SUPERUSER}@127.0.0.1:15432/concordat"
)
"""Where docker-compose.yml publishes them."""
_COMPOSE = ("docker", "compose", "--project-name", "concordat-test", "--file", "docker-compose.yml")


@contextmanager
def open_compose(
    overrides: Sequence[Path] = (), services: Sequence[str] = ("kafka", "postgres")
) -> Iterator[Servers]:
    """Run `services` (none named: all); raises `StackMissing` with what `docker compose` says."""
    ask_engine()
    further = [word for path in overrides for word in ("--file", str(path))]
    try:
        _run(*further, "up", "--detach", "--wait", *services)
        yield ADDRESSES
    finally:
        _run(*further, "down", "--volumes", "--timeout", "10")


def variables_of(servers: Servers) -> dict[str, str]:
    """What tests are told of servers that they did not start."""
    return {
        "CONCORDAT_TEST_STACK": "external",
        "CONCORDAT_TEST_KAFKA": servers.kafka,
        "CONCORDAT_TEST_POSTGRES": servers.postgres,
    }


def main(command: Sequence[str]) -> int:
    """Return the command's exit code, or 1 with a sentence when compose does not come up."""
    try:
        with open_compose(services=()) as servers:
            sys.stdout.write(_run("run", "--rm", "demo"))
            sys.stdout.flush()
            _run("stop", *SERVICES)  # the tests set the passwords of their roles
            environment = {**os.environ, **variables_of(servers)}  # noqa: TID251 - passed on
            return subprocess.call(command, cwd=ROOT, env=environment)
    except StackMissing as missing:
        sys.stderr.write(f"{missing}\n")
        return 1


def _run(*words: str) -> str:
    try:
        done = subprocess.run(
            [*_COMPOSE, *words],
            cwd=ROOT,
            env={**os.environ, "CONCORDAT_SUPERUSER_PASSWORD": SUPERUSER},  # noqa: TID251
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise StackMissing("there is no `docker compose`") from None
    if done.returncode:
        raise StackMissing(f"`docker compose {words[0]}` failed: {done.stderr.strip()[-500:]}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
