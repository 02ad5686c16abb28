"""A plain Faust agent with Faust's own exactly-once setting: it copies a topic to another.

`python -m faults.witness.agent BROKER SOURCE TARGET POISON MARK`. At the record with the value
POISON it raises, however often it comes, as code does that has a mistake; the file MARK counts.
"""

import sys
import tempfile
from pathlib import Path
from typing import Any

import faust


class Mistake(Exception):
    """The agent's own code cannot do with a record."""


def _fail(mark: Path) -> None:
    with mark.open("ab") as file:
        file.write(b"!")
    raise Mistake


def plain_app(broker: str, source: str, target: str, poison: bytes, mark: Path) -> Any:
    """The agent as Faust's documentation writes it."""
    app = faust.App(
        f"witness-{source}",
        broker=f"kafka://{broker}",
        processing_guarantee="exactly_once",
        topic_allow_declare=False,
        topic_disable_leader=True,
        web_enabled=False,
        broker_session_timeout=6,
        broker_heartbeat_interval=1,
        broker_request_timeout=30,
        datadir=tempfile.mkdtemp(dir=mark.parent),
    )
    raw: dict[str, Any] = {"key_serializer": "raw", "value_serializer": "raw", "value_type": bytes}
    incoming, outgoing = app.topic(source, **raw), app.topic(target, **raw)

    @app.agent(incoming)  # type: ignore[untyped-decorator]
    async def copy(stream: Any) -> None:
        async for event in stream.events():
            if event.value == poison:
                _fail(mark)
            await outgoing.send(key=event.key, value=event.value)

    return app


def main() -> None:
    """Run until ended."""
    broker, source, target, poison, mark = sys.argv[1:]
    app = plain_app(broker, source, target, poison.encode(), Path(mark))
    faust.Worker(app, loglevel="INFO").execute_from_commandline()


if __name__ == "__main__":
    main()
