"""Free TCP ports on 127.0.0.1, below the range the kernel gives to outgoing connections.

A port inside that range can be taken by any client between two starts of a server; a client that
keeps reconnecting to it can even be given it and connect to itself.
"""

import secrets
import socket
from collections.abc import Collection, Sequence
from itertools import chain
from pathlib import Path

LOCALHOST = "127.0.0.1"
LOWEST_PORT = 20_000
DEFAULT_EPHEMERAL_START = 32_768
_RANGE_FILE = Path("/proc/sys/net/ipv4/ip_local_port_range")


class NoFreePort(OSError):
    """Every port of the range is taken."""


def ephemeral_start(range_file: Path = _RANGE_FILE) -> int:
    """Return the first port of the kernel's range for outgoing connections."""
    try:
        return int(range_file.read_text().split()[0])
    except FileNotFoundError:
        return DEFAULT_EPHEMERAL_START


def is_free(port: int) -> bool:
    """Say whether a server could listen on `port` of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        # Servers set this too: connections that linger in TIME_WAIT do not keep a port busy.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOCALHOST, port))
        except OSError:
            return False
    return True


def pick_port(
    preferred: int | None = None,
    *,
    taken: Collection[int] = (),
    among: Sequence[int] | None = None,
) -> int:
    """Return `preferred` when it is free and not in `taken`, else another free port of `among`.

    `among` defaults to the ports below the range of outgoing connections. The caller compares and
    says so when it got another one. Raises NoFreePort.
    """
    if preferred is not None and preferred not in taken and is_free(preferred):
        return preferred
    candidates = _candidates(ephemeral_start()) if among is None else among
    first = secrets.randbelow(len(candidates))  # two stacks that start at once seldom meet
    for port in chain(candidates[first:], candidates[:first]):
        if port not in taken and is_free(port):
            return port
    raise NoFreePort("no free port on 127.0.0.1")


def _candidates(ephemeral: int) -> range:
    if ephemeral > LOWEST_PORT:
        return range(LOWEST_PORT, ephemeral)
    # The kernel's range starts unusually low: the ports just below it, if any are unprivileged.
    below = range(max(1024, ephemeral - 5_000), ephemeral)
    return below or range(LOWEST_PORT, DEFAULT_EPHEMERAL_START)
