"""`concordat up` seen from outside while it runs: what it printed, what it refuses."""

import pytest

from e2e.command import concordat
from e2e.inboxes import agencies
from e2e.up import Up

SERVICES = {"admit", "route", "deliver", "inbox"}

pytestmark = pytest.mark.timeout(600)


def test_a_second_up_in_the_same_folder_says_that_one_is_running(played: Up) -> None:
    path = played.state.path
    answer = concordat("up", "--state", path, folder=path.parent)
    assert answer.code == 69
    assert answer.out == ""
    assert answer.err == (
        f"concordat: a stack is already running in {path} (process {played.process.pid}); "
        "use it, or stop it first\n"
    )


def test_it_prints_where_everything_is_and_a_request_for_each_agency(played: Up) -> None:
    stack, printed = played.stack, played.printed
    assert f"API    {stack.api}/v1" in printed
    assert f"Kafka  {stack.kafka}" in printed
    assert f"State  {played.state.path}" in printed
    for agency in agencies():
        assert f"concordat token {agency} --state {played.state.path})" in printed
    assert stack.pids.keys() == SERVICES | {"kafka", "postgres"}


def test_a_forget_is_refused_while_it_runs(played: Up) -> None:
    path = played.state.path
    answer = concordat("forget", "--state", path, folder=path.parent)
    assert answer.code == 69
    assert "stop it first" in answer.err
    assert played.process.poll() is None
