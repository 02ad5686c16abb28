"""The broker uses the archive of its classes where one was made, and does without where not."""

import sys
from pathlib import Path

import pytest

from concordat.stack.class_archive import archive_flags, class_archive
from concordat.stack.forking_thread import ForkingThread
from concordat.stack.kafka_broker import KafkaBroker
from concordat.stack.kafka_quorum import BrokerPorts
from concordat.stack.make_class_archive import make_class_archive
from concordat.stack.ports import pick_port
from concordat.stack.state_directory import StateDirectory


def test_an_installation_without_one_does_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    assert archive_flags() == ()


def test_it_is_made_once_and_the_broker_reads_its_classes_from_it(tmp_path: Path) -> None:
    archive = make_class_archive()  # by the installation, as a rule
    made = archive.stat().st_mtime_ns
    assert archive == class_archive() == make_class_archive()
    assert archive.stat().st_mtime_ns == made
    assert archive_flags() == (f"-XX:SharedArchiveFile={archive}",)
    # From the archive on top of the runtime's, not from a jar.
    assert "source: shared objects file (top)" in _classes_loaded(tmp_path, archive)


def _classes_loaded(folder: Path, archive: Path) -> str:
    state, forks = StateDirectory(folder / "state"), ForkingThread()
    state.claim()
    ports = BrokerPorts(clients=pick_port(), controller=pick_port())
    flags = (f"-XX:SharedArchiveFile={archive}", "-Xlog:class+load")
    broker = KafkaBroker(state, forks, ports, archive=flags)
    try:
        return broker.start().log.text()
    finally:
        broker.stop()
        forks.close()
        state.release()
