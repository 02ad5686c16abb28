"""Ports on which something listens, whoever it is."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager

from concordat.stack.ports import LOCALHOST

_AGAIN_SECONDS = 0.005


@contextmanager
def busy_ports(ports: Sequence[int]) -> Iterator[None]:
    """Keep each port of 127.0.0.1 busy: by a server of ours as soon as nobody else listens there.

    Another exchange may have a port now and end before the block does.
    """
    over = threading.Event()
    with ExitStack() as servers:
        waiting = _listen(ports, servers)

        def keep_trying(waiting: Sequence[int]) -> None:
            while waiting and not over.wait(_AGAIN_SECONDS):
                waiting = _listen(waiting, servers)

        keeper = threading.Thread(target=keep_trying, args=(waiting,))
        keeper.start()
        try:
            yield
        finally:
            over.set()
            keeper.join()


def _listen(ports: Sequence[int], servers: ExitStack) -> list[int]:
    """Listen where nobody does; return the ports where somebody else does."""
    taken = list(ports)
    for port in ports:
        server = socket.socket()
        # Connections of a life before may linger; they would keep only us away.
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((LOCALHOST, port))
            server.listen()
        except OSError:
            server.close()
        else:
            servers.enter_context(server)
            taken.remove(port)
    return taken
