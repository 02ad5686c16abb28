import socket
from pathlib import Path

import pytest

from concordat.stack.ports import LOCALHOST, NoFreePort, ephemeral_start, is_free, pick_port


def test_a_preferred_port_that_is_free_is_returned() -> None:
    port = pick_port()
    assert pick_port(port) == port


def test_a_busy_preferred_port_gives_another_free_one() -> None:
    port = pick_port()
    with socket.create_server((LOCALHOST, port)):
        assert not is_free(port)
        other = pick_port(port)
    assert other != port
    assert is_free(other)


def test_a_port_busy_on_every_address_is_not_free() -> None:
    port = pick_port()
    with socket.create_server(("", port)):
        assert not is_free(port)


def test_a_port_given_to_another_server_is_not_given_again() -> None:
    port = pick_port()
    assert pick_port(port, taken=(port,)) != port


def test_busy_and_taken_ports_are_passed_over() -> None:
    busy, taken, free = pick_port(), pick_port(), pick_port()
    with socket.create_server((LOCALHOST, busy)):
        picked = {pick_port(taken=(taken,), among=(busy, taken, free)) for _ in range(20)}
        with pytest.raises(NoFreePort):
            pick_port(taken=(taken,), among=(busy, taken))
    assert picked == {free}


def test_picked_ports_lie_below_the_range_of_outgoing_connections() -> None:
    assert all(1024 <= pick_port() < ephemeral_start() for _ in range(50))


def test_the_range_is_read_from_the_kernel(tmp_path: Path) -> None:
    file = tmp_path / "range"
    file.write_text("40000\t50000\n")
    assert ephemeral_start(file) == 40_000
    assert ephemeral_start(tmp_path / "missing") == 32_768
