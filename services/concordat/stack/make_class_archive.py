"""Makes the archive of the broker's classes: `python -m concordat.stack.make_class_archive`.

The wheel's Java runtime comes without the archive of its own classes that others have, so that is
made first (`-Xshare:dump`); the broker's goes on top of it as a broker ends (JEP 350).
"""

import os
import tempfile
from pathlib import Path

from concordat.stack.child import Child
from concordat.stack.class_archive import class_archive
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.java import java_executable
from concordat.stack.kafka_broker import KafkaBroker
from concordat.stack.kafka_quorum import BrokerPorts
from concordat.stack.ports import pick_port
from concordat.stack.program import Program
from concordat.stack.state_directory import StateDirectory

DUMP_SECONDS = 120.0


def make_class_archive() -> Path:
    """Make it unless it exists, by starting a broker and ending it: about ten seconds."""
    archive = class_archive()
    if archive.is_file():
        return archive
    archive.parent.mkdir(exist_ok=True)
    runtime, unfinished = (archive.with_suffix(f".{part}") for part in ("runtime", "unfinished"))
    with tempfile.TemporaryDirectory(prefix="concordat-") as folder:
        state, forks = StateDirectory(Path(folder) / "state"), ForkingThread()
        state.claim()
        try:
            _dump_runtime(runtime, state, forks)
            _run_broker(state, forks, _shares(runtime), f"-XX:ArchiveClassesAtExit={unfinished}")
        finally:
            forks.close()
            state.release()
    unfinished.replace(archive)
    return archive


def _dump_runtime(archive: Path, state: StateDirectory, forks: ForkingThread) -> None:
    arguments = (str(java_executable()), "-XX:+UseSerialGC", "-Xshare:dump", _shares(archive))
    program = Program(name="runtime", arguments=arguments, environment={"PATH": os.defpath})
    Child(program, state, forks).run_to_end(DUMP_SECONDS)


def _run_broker(state: StateDirectory, forks: ForkingThread, *flags: str) -> None:
    ports = BrokerPorts(clients=pick_port(), controller=pick_port())
    broker = KafkaBroker(state, forks, ports, archive=flags)
    try:
        broker.start()
    finally:
        broker.stop()


def _shares(archive: Path) -> str:
    return f"-XX:SharedArchiveFile={archive}"


if __name__ == "__main__":
    make_class_archive()
