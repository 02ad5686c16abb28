"""Every inbox of an exchange, read through the API as its agency."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from concordat.cli.target import find_target
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import load_parties
from e2e.asking import ask

Item = dict[str, Any]


def agencies() -> list[str]:
    """Every registered agency."""
    return sorted(load_parties(CONTRACTS).agencies)


def read_inbox(state: Path, agency: str) -> list[Item]:
    """Every item of one inbox in its order, acknowledged or not."""
    return list(_items(state, agency))


def read_inboxes(state: Path) -> dict[str, list[Item]]:
    """Every item of every inbox, by agency."""
    return {agency: read_inbox(state, agency) for agency in agencies()}


def _items(state: Path, agency: str) -> Iterator[Item]:
    query: dict[str, str | int] = {"limit": 500, "all": "true"}
    with find_target(state).http(agency) as client:
        while True:
            answer = ask(client, "GET", "/v1/inbox", params=query)
            answer.raise_for_status()
            page = answer.json()
            assert page["stopped"] == []
            if not page["items"]:
                return
            yield from page["items"]
            query["after"] = page["cursor"]
