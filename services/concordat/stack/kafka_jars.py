"""Apache Kafka's jars, resolved once from Maven Central and remembered."""

import contextlib
import fcntl
import hashlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from concordat.stack.atomic_file import replace_file
from concordat.stack.errors import KafkaJarsMissing

KAFKA_VERSION = "4.3.1"
COORDINATES = (
    f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}",
    # Named, or the resolver mediates to an older client that the broker cannot run with.
    f"org.apache.kafka:kafka-clients:{KAFKA_VERSION}",
    f"org.apache.kafka:kafka-tools:{KAFKA_VERSION}",
    # Not in Kafka's own POM; without it the broker logs nothing.
    "org.apache.logging.log4j:log4j-slf4j-impl:2.25.1",
)


def resolve_jars(cache: Path | None = None) -> list[Path]:
    """Return the class path of the broker and its tools, without network once resolved.

    The answer is remembered under `cache` (default `~/.cache/concordat`) by coordinates, and
    believed only while every jar still exists. Nothing is written to standard output.
    """
    folder = cache or Path.home() / ".cache" / "concordat"
    digest = hashlib.sha256("+".join(COORDINATES).encode()).hexdigest()[:16]
    memory = folder / f"kafka-{KAFKA_VERSION}-{digest}.json"
    if jars := _remembered(memory):
        return jars
    folder.mkdir(parents=True, exist_ok=True)
    with _alone(folder / "kafka.lock"):
        if jars := _remembered(memory):
            return jars
        jars = _resolve()
        replace_file(memory, json.dumps([str(jar) for jar in jars]))
    return jars


def _remembered(memory: Path) -> list[Path]:
    try:
        jars = [Path(name) for name in json.loads(memory.read_text(encoding="utf-8"))]
    except (FileNotFoundError, ValueError):
        return []
    return jars if all(jar.is_file() for jar in jars) else []


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Two first starts at once would fill the resolver's own cache together."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _resolve() -> list[Path]:
    import jgo  # noqa: PLC0415 - slow to import and needed once a machine

    with contextlib.redirect_stdout(sys.stderr):
        environment = Path(jgo.build("+".join(COORDINATES)).path)
    jars = sorted(
        jar for folder in ("modules", "jars") for jar in (environment / folder).glob("*.jar")
    )
    if not jars:
        raise KafkaJarsMissing("the resolver returned no jars for the broker")
    return jars
