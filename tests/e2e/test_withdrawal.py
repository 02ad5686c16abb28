"""P5 in its simplest form: a withdrawal stops reading at once, whether or not anything runs."""

import os
import signal
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from builders import signed_notice
from concordat.cli.target import find_target
from concordat.kafka.register_log import RegisterLog, RegisterRecord
from concordat.kafka.topics import Topics
from concordat.publish.demo_data import demo_events
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import load_contracts
from concordat.stack.demonstration import DATA
from concordat.stack.development_keys import DevelopmentKeys
from concordat.stack.stack import Stack
from concordat.stack.state_directory import StateDirectory
from e2e.asking import ask
from e2e.in_process import Witness, exchange_in, publish, running_pid, settled, state_in
from waiting import until

AGREEMENT = "worcestershire-domestic-abuse"
WITHDRAWS, AGENCY = "west-mercia-womens-aid", "womens-aid"
OTHER = "childrens-social-care"

pytestmark = pytest.mark.timeout(400)


@dataclass(frozen=True)
class Delivered:
    """An exchange in which deliver stands still after it has delivered."""

    stack: Stack
    state: StateDirectory

    def page(self, client: httpx.Client) -> dict[str, Any]:
        """Everything in the client's inbox."""
        answer = ask(client, "GET", "/v1/inbox", params={"limit": 500})
        assert answer.status_code == 200
        page: dict[str, Any] = answer.json()
        return page


@pytest.fixture
async def delivered(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Delivered]:
    state = state_in(tmp_path_factory.mktemp("withdrawal"))
    invented = [event for event in demo_events(DATA, lambda _: None) if event.synthetic]
    async with exchange_in(state, Witness()) as exchange:
        await publish(exchange.stack, invented[:200])
        await settled(exchange)
        pid = running_pid(state, "deliver")
        assert pid is not None
        os.kill(pid, signal.SIGSTOP)
        try:
            yield Delivered(exchange.stack, state)
        finally:
            os.kill(pid, signal.SIGCONT)


def under(page: dict[str, Any]) -> set[int]:
    """The numbers of the readable items under the agreement."""
    items = page["items"]
    return {item["seq"] for item in items if item["delivery"]["agreement"] == AGREEMENT}


async def withdraw(delivered: Delivered, controller: str) -> float:
    """Write the controller's signed word to the register; return when that was done."""
    (agreement,) = (each for each in load_contracts(CONTRACTS).agreements if each.id == AGREEMENT)
    key = DevelopmentKeys(delivered.state).controller(controller)
    record = RegisterRecord(*signed_notice(agreement, controller, "withdraw", key))
    assert await RegisterLog(delivered.stack.kafka, Topics()).append([record]) == 1
    return time.monotonic()


async def test_a_withdrawn_agreements_items_are_unreadable_within_a_second_without_deliver(
    delivered: Delivered,
) -> None:
    target = find_target(delivered.state.path)
    with target.http(AGENCY) as client, target.http(OTHER) as other:
        before, others = under(delivered.page(client)), under(delivered.page(other))
        assert before
        assert others
        written = await withdraw(delivered, WITHDRAWS)
        until(lambda: time.monotonic() >= written + 1, "a second has passed")
        page = delivered.page(client)
        assert under(page) == set()
        assert {stub["seq"]: stub["reason"] for stub in page["stopped"]} == dict.fromkeys(
            before, "WITHDRAWN"
        )
        assert all("withdrawn from the agreement" in stub["because"] for stub in page["stopped"])
        for seq in before:
            assert ask(client, "GET", f"/v1/inbox/{seq}").status_code == 410
        assert under(delivered.page(other)) == others
