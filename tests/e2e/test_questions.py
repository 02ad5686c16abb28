"""What a person asks a running exchange: the inbox, why, lag, topics, a token."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from concordat.cli.target import find_target
from concordat.stack.demonstration import DATA
from e2e.command import Answer, concordat
from e2e.inboxes import read_inbox
from e2e.up import Up
from waiting import until

POLICE = "west-mercia-police"

pytestmark = pytest.mark.timeout(400)


def ask(up: Up, *arguments: str) -> Answer:
    folder = up.state.path.parent
    return concordat(*arguments, "--state", str(up.state.path), folder=folder)


@contextmanager
def standing_still(up: Up, service: str) -> Iterator[None]:
    """A service that has stopped in the middle of things."""
    pid = up.stack.pids[service]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def test_the_inbox_is_read_in_order_and_acknowledged_items_only_when_asked_for(played: Up) -> None:
    agency = ("--agency", "probation")
    whole = ask(played, "inbox", "read", *agency, "--json").ndjson
    assert len(whole) > 50
    assert [item["seq"] for item in whole] == sorted(item["seq"] for item in whole)
    taken = [item["seq"] for item in whole[:2]]
    for _ in range(2):
        answer = ask(played, "inbox", "ack", *map(str, taken), *agency)
        assert (answer.code, answer.json) == (0, {"acknowledged": taken})
    rest = ask(played, "inbox", "read", *agency, "--json").ndjson
    assert rest == whole[2:]
    everything = ask(played, "inbox", "read", *agency, "--json", "--all")
    assert everything.ndjson == [
        *({**item, "acknowledged": True} for item in whole[:2]),
        *whole[2:],
    ]
    assert everything.err == ""


def test_without_json_the_inbox_is_a_line_an_item_without_contents(played: Up) -> None:
    answer = ask(played, "inbox", "read", "--agency", "probation", "--all")
    items = read_inbox(played.state.path, "probation")
    assert len(answer.out.splitlines()) == len(items)
    for line, item in zip(answer.out.splitlines(), items, strict=True):
        assert line.split()[0] == str(item["seq"])
        assert item["delivery"]["subject"] in line
        assert item["delivery"]["data"]["alleged_perpetrator"]["name"] not in line


def test_another_agencys_number_cannot_be_acknowledged(played: Up) -> None:
    answer = ask(played, "inbox", "ack", "999999", "--agency", "probation")
    assert (answer.code, answer.out) == (1, "")
    assert "does not exist, or it is not yours" in answer.err


@pytest.fixture(scope="module")
def told(played: Up) -> dict[str, Any]:
    """An item of probation's: an incident of the police that others were told of or not."""
    delivery: dict[str, Any] = read_inbox(played.state.path, "probation")[0]["delivery"]
    return delivery


def test_why_names_who_got_which_fields_and_why_the_others_did_not(
    played: Up, told: dict[str, Any]
) -> None:
    answer = ask(played, "why", told["originid"], "--agency", POLICE, "--json")
    assert answer.code == 0, answer.err
    candidates = answer.json["candidates"]
    assert {each["agency"] for each in candidates} == {
        *("adult-social-care", "childrens-social-care", "probation", "womens-aid"),
        "worcestershire-health",
    }
    (ours,) = (each for each in candidates if each["agency"] == "probation")
    assert ours["outcome"] == "shared"
    assert (ours["agreement"], ours["shares"]) == (told["agreement"], ["supervised-person"])
    assert "alleged_perpetrator.name" in ours["fields"]
    assert not any("victim" in field for field in ours["fields"])
    withheld = [each for each in candidates if each["outcome"] == "withheld"]
    assert all(each["reason"] and each["because"].endswith(".") for each in withheld)


def test_why_says_that_the_publisher_denied_an_event_to_an_agency(played: Up) -> None:
    shown = played.printed.partition("$ concordat why ")[2]
    denied = played.printed.rpartition("$ concordat why ")[2].split()[0]
    assert shown
    candidates = ask(played, "why", denied, "--agency", POLICE, "--json").json["candidates"]
    reasons = {each.get("reason") for each in candidates}
    assert "DENIED_BY_PUBLISHER" in reasons


def test_why_of_another_agencys_event_is_answered_like_that_of_an_unknown_one(
    played: Up, told: dict[str, Any]
) -> None:
    foreign = ask(played, "why", told["originid"], "--agency", "probation", "--json")
    unknown = ask(played, "why", "event-nobody-knows", "--agency", "probation", "--json")
    assert foreign == unknown
    assert (foreign.code, foreign.out) == (1, "")
    assert "Not found" in foreign.err


def stages(up: Up) -> dict[str, int]:
    answer = ask(up, "lag", "--json")
    assert (answer.code, answer.err) == (0, "")
    behind: dict[str, int] = {}
    for each in answer.json["stages"]:
        behind[each["stage"]] = behind.get(each["stage"], 0) + each["behind"]
        assert (each["behind"] == 0) == (each["age_seconds"] == 0)
    return behind


def test_lag_is_0_when_all_has_arrived_and_counts_what_a_stopped_service_has_not_done(
    played: Up, tmp_path: Path
) -> None:
    drained = {"admit": 0, "route": 0, "deliver": 0}
    until(lambda: stages(played) == drained, "everything has arrived", 120)
    with standing_still(played, "deliver"):
        file = tmp_path / "again.csv"
        file.write_text("\n".join(DATA.read_text(encoding="utf-8").splitlines()[:31]))
        as_police = ("--agency", POLICE, "--format", "police-uk")
        assert ask(played, "publish", str(file), *as_police).code == 0
        until(lambda: stages(played) == {**drained, "deliver": 30}, "30 wait for deliver", 120)
    until(lambda: stages(played) == drained, "everything has arrived", 120)


def test_an_inbox_that_was_read_has_nothing_waiting(played: Up) -> None:
    agency = "hereford-worcester-fire"
    items = read_inbox(played.state.path, agency)
    assert items
    waiting = {each["agency"]: each for each in ask(played, "lag", "--json").json["inboxes"]}
    assert waiting[agency] == {
        "agency": agency,
        "waiting": 0,
        "age_seconds": 0,
        "overdue": 0,
        "overdue_since": None,
        "held": 0,
        "unacknowledged": len(items),
        "verdict": "keeping up",
        "reason": "Nothing waits.",
    }


def test_the_topics_are_as_the_contract_says(played: Up) -> None:
    answer = ask(played, "topics", "check")
    assert (answer.code, answer.out, answer.err) == (0, "", "0 differences\n")


def test_a_token_opens_its_agencys_inbox_over_http(played: Up) -> None:
    answer = ask(played, "token", "womens-aid")
    assert (answer.code, answer.err) == (0, "")
    url = f"{find_target(played.state.path).api}/v1/inbox?limit=1"
    page = httpx.get(url, headers={"Authorization": f"Bearer {answer.out.strip()}"}, timeout=30)
    assert page.status_code == 200
    assert page.json()["agency"] == "womens-aid"
    assert httpx.get(url, timeout=30).status_code == 401
