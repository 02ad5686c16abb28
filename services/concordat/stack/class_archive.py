"""Where the broker's classes are kept once they were read and linked: its starts take half as long.

An archive that does not fit is ignored by the Java runtime, which says so in the broker's log.
"""

import hashlib
import sys
from pathlib import Path

from concordat.stack.java import java_executable
from concordat.stack.kafka_jars import resolve_jars


def class_archive() -> Path:
    """Return where it belongs, beside what is installed; it is named after runtime and jars."""
    java = java_executable()
    release = (java.parents[1] / "release").read_text(encoding="utf-8")
    of = "\n".join([str(java), release, *(str(jar) for jar in resolve_jars())])
    digest = hashlib.sha256(of.encode()).hexdigest()[:16]
    return Path(sys.prefix) / "concordat" / f"kafka-{digest}.jsa"


def archive_flags() -> tuple[str, ...]:
    """Return the flags of a runtime that uses it; none while nobody has made it."""
    archive = class_archive()
    return (f"-XX:SharedArchiveFile={archive}",) if archive.is_file() else ()
