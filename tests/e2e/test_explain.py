"""A running exchange explains itself: to publishers and the auditor, about now and the past."""

import json
import shutil
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio

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
from e2e.command import Answer, concordat
from e2e.in_process import Witness, exchange_in, publish, settled, state_in

AGREEMENT, SHARE = "worcestershire-domestic-abuse", "supervised-person"
POLICE, RECIPIENT, WITHDRAWS = "west-mercia-police", "probation", "probation-service"

pytestmark = pytest.mark.timeout(400)


@dataclass
class Explained:
    """An exchange in which an event was shared, then the agreement was withdrawn."""

    stack: Stack
    state: StateDirectory
    event: str
    case: str
    before: str
    after: str
    delivered: dict[str, Any]

    def run(self, *arguments: str) -> Answer:
        folder = self.state.path.parent
        return concordat(*arguments, "--state", str(self.state.path), folder=folder)

    def explain(self, *arguments: str) -> Answer:
        return self.run("agreements", "explain", *arguments)


@pytest_asyncio.fixture(scope="module")
async def explained(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Explained]:
    state = state_in(tmp_path_factory.mktemp("explain"))
    invented = [event for event in demo_events(DATA, lambda _: None) if event.synthetic]
    async with exchange_in(state, Witness()) as exchange:
        await publish(exchange.stack, invented[:200])
        await settled(exchange)
        delivery = _collect_one(state)
        before = _now()
        await _withdraw(exchange.stack, state)
        yield Explained(
            exchange.stack,
            state,
            delivery["originid"],
            delivery["subject"],
            before,
            _now(),
            delivery,
        )


def _now() -> str:
    time.sleep(0.01)  # the broker stamps whole milliseconds
    now = time.time()
    time.sleep(0.01)
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now * 1000) % 1000:03d}Z"


def _collect_one(state: StateDirectory) -> dict[str, Any]:
    """Collect the oldest item of the recipient's inbox, and no other."""
    with find_target(state.path).http(RECIPIENT) as client:
        page = ask(client, "GET", "/v1/inbox", params={"limit": 1}).json()
    (item,) = page["items"]
    delivery: dict[str, Any] = item["delivery"]
    assert delivery["agreement"] == AGREEMENT
    assert delivery["shares"] == SHARE
    return delivery


async def _withdraw(stack: Stack, state: StateDirectory) -> None:
    agreements = load_contracts(CONTRACTS).agreements
    agreement = max(
        (each for each in agreements if each.id == AGREEMENT), key=lambda each: each.version
    )
    key = DevelopmentKeys(state).controller(WITHDRAWS)
    record = RegisterRecord(*signed_notice(agreement, WITHDRAWS, "withdraw", key))
    assert await RegisterLog(stack.kafka, Topics()).append([record]) == 1


def candidate_of(answer: Answer, agency: str) -> dict[str, Any]:
    assert answer.code == 0, answer.err
    (found,) = (each for each in answer.json["candidates"] if each["agency"] == agency)
    result: dict[str, Any] = found
    return result


def test_before_a_withdrawal_it_was_shared_and_from_then_on_it_is_withheld(
    explained: Explained,
) -> None:
    asking = (explained.event, "--agency", POLICE, "--json")
    then = candidate_of(explained.explain(*asking, "--at", explained.before), RECIPIENT)
    assert then["outcome"] == "shared"
    (delivery,) = then["deliveries"]
    assert delivery["shares"] == [SHARE]
    for at in ((), ("--at", explained.after)):
        now = candidate_of(explained.explain(*asking, *at), RECIPIENT)
        assert (now["outcome"], now["reason"], now["deliveries"]) == ("withheld", "WITHDRAWN", [])
        (agreement,) = (each for each in now["agreements"] if each["agreement"] == AGREEMENT)
        assert agreement["reason"] == "WITHDRAWN"
        assert agreement["shares"], "what its shares would have said is told all the same"


def test_what_was_explained_is_what_was_delivered(explained: Explained) -> None:
    asking = (explained.event, "--agency", POLICE, "--json", "--at", explained.before)
    (delivery,) = candidate_of(explained.explain(*asking), RECIPIENT)["deliveries"]
    told = explained.delivered["withheld"].split(",")
    assert [name for name in delivery["withheld"] if name not in delivery["sealed"]] == told
    why = explained.run("why", explained.event, "--agency", POLICE, "--json").json
    (decided,) = (each for each in why["candidates"] if each["agency"] == RECIPIENT)
    assert decided["fields"] == delivery["fields"]


def test_the_auditor_is_told_what_the_publisher_is_told(explained: Explained) -> None:
    asking = (explained.event, "--json", "--at", explained.before)
    publisher = explained.explain(*asking, "--agency", POLICE)
    for who in (("--auditor",), ("--auditor", "--source", POLICE)):
        auditor = explained.explain(*asking, *who)
        assert (auditor.code, auditor.err) == (0, "")
        assert auditor.json == publisher.json


def test_the_text_names_conditions_and_repeats_nothing_of_the_event(explained: Explained) -> None:
    answer = explained.explain(explained.event, "--agency", POLICE, "--at", explained.before)
    assert answer.code == 0
    assert f"{RECIPIENT}: shared" in answer.out
    assert f"yes share {SHARE}" in answer.out
    assert "CONDITION_FALSE (" in answer.out
    assert answer.out.isascii()
    assert max(map(len, answer.out.splitlines())) <= 100
    for name in _texts(explained.delivered["data"]):
        assert name not in answer.out


def _texts(data: Any) -> list[str]:
    """What only an event can say: texts with a space in them, which no code has."""
    if isinstance(data, dict):
        return [text for value in data.values() for text in _texts(value)]
    if isinstance(data, list):
        return [text for value in data for text in _texts(value)]
    return [data] if isinstance(data, str) and " " in data else []


def test_a_recipient_hears_the_very_bytes_it_would_hear_of_an_unknown_event(
    explained: Explained,
) -> None:
    with find_target(explained.state.path).http(RECIPIENT) as client:

        def answer(event: str, **query: str) -> httpx.Response:
            return ask(client, "GET", f"/v1/events/{event}/explanation", params=query)

        unknown = answer("event-nobody-knows")
        assert unknown.status_code == 404
        for response in (answer(explained.event), answer(explained.event, at=explained.before)):
            assert (response.status_code, response.content) == (404, unknown.content)
    foreign = explained.explain(explained.event, "--agency", RECIPIENT, "--json")
    assert (foreign.code, foreign.out) == (1, "")
    assert "does not exist, or it is not yours" in foreign.err


def test_the_auditor_is_told_that_an_event_is_unknown(explained: Explained) -> None:
    answer = explained.explain("event-nobody-knows", "--auditor", "--json")
    assert (answer.code, answer.out) == (1, "")
    assert "no event was decided under this id" in answer.err


def test_the_disclosures_of_a_case_name_fields_and_times_and_no_contents(
    explained: Explained,
) -> None:
    answer = explained.run("disclosures", explained.case, "--json")
    assert (answer.code, answer.err) == (0, "")
    assert answer.json["case"] == explained.case
    ours = [
        each
        for each in answer.json["deliveries"]
        if (each["agency"], each["event_id"]) == (RECIPIENT, explained.event)
    ]
    (delivery,) = ours
    assert delivery["delivery_id"] == explained.delivered["id"]
    assert (delivery["agreement"], delivery["shares"]) == (AGREEMENT, [SHARE])
    assert "alleged_perpetrator.name" in delivery["fields"]
    assert delivery["collected_at"] is not None
    assert {each["case"] for each in answer.json["deliveries"]} == {explained.case}
    text = explained.run("disclosures", explained.case).out
    assert f"{RECIPIENT}  domestic-abuse" in text
    for name in _texts(explained.delivered["data"]):
        assert name not in text + answer.out
    unknown = explained.run("disclosures", "case-nobody-knows", "--json")
    assert (unknown.code, unknown.out) == (1, "")
    assert "no event of this case" in unknown.err


def test_the_impact_of_a_share_counts_who_got_it_and_who_collected_it(
    explained: Explained,
) -> None:
    share = (AGREEMENT, SHARE)
    answer = explained.run("impact", *share, "--since", "2020-01-01", "--json")
    assert (answer.code, answer.err) == (0, "")
    (agency,) = answer.json["agencies"]
    assert agency["agency"] == RECIPIENT
    assert agency["delivered"] == len(answer.json["deliveries"]) > 1
    assert (agency["collected"], agency["acknowledged"]) == (1, 0)
    (collected,) = (each for each in answer.json["deliveries"] if each["collected_at"])
    assert collected["event_id"] == explained.event
    assert all(each["exact"] for each in answer.json["deliveries"])
    # The only share of its law to this recipient: all that was sent, it alone gave.
    assert collected["only"] == collected["fields"]
    text = explained.run("impact", *share, "--since", "2020-01-01").out
    assert f"{RECIPIENT}: {agency['delivered']} delivered, 1 collected, 0 acknowledged" in text
    later = explained.run("impact", *share, "--since", "2999-01-01", "--json")
    assert (later.code, later.json["deliveries"]) == (0, [])


def test_the_impact_of_a_share_that_never_was_is_refused(explained: Explained) -> None:
    since = ("--since", "2020-01-01", "--json")
    for arguments in ((AGREEMENT, "no-share"), ("no-agreement", SHARE)):
        answer = explained.run("impact", *arguments, *since)
        assert (answer.code, answer.out) == (1, "")
    answer = explained.run("impact", AGREEMENT, SHARE, "--version", "99", *since)
    assert (answer.code, answer.out) == (1, "")


def test_without_kafka_the_impact_is_told_with_every_field(
    explained: Explained, tmp_path: Path
) -> None:
    state = StateDirectory(tmp_path / "state")
    state.claim()
    state.release()
    elsewhere = {**json.loads(explained.stack.model_dump_json()), "kafka": "127.0.0.1:9"}
    state.write_stack(Stack.model_validate({**elsewhere, "state": state.path}))
    secrets = "secrets"
    shutil.copytree(explained.state.path / secrets, state.path / secrets, dirs_exist_ok=True)
    arguments = ("impact", AGREEMENT, SHARE, "--since", "2020-01-01", "--json")
    answer = concordat(*arguments, "--state", state.path, folder=tmp_path)
    assert answer.code == 0, answer.err
    assert "the register cannot be read" in answer.err
    assert answer.json["deliveries"]
    assert not any(each["exact"] for each in answer.json["deliveries"])
