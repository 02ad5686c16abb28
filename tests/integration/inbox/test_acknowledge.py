import asyncio
import json
from typing import Any

import pytest

from integration.inbox.api import AGREEMENT, Api

JSON = {"Content-Type": "application/json"}


async def test_acknowledging_again_changes_nothing(api: Api) -> None:
    await api.deliver("social-care", 1, 2, 3)
    response = await api.acknowledge("social-care", 3, 1, 3)
    assert response.status_code == 200
    assert response.json() == {"acknowledged": [1, 3]}
    first = await api.column("social-care", "acknowledged_at")
    assert [seq for seq, moment in first.items() if moment] == [1, 3]
    assert (await api.acknowledge("social-care", 1, 2)).json() == {"acknowledged": [1, 2]}
    second = await api.column("social-care", "acknowledged_at")
    assert second[1] == first[1]
    assert second[2]


async def test_one_unknown_number_acknowledges_nothing_and_is_not_named(api: Api) -> None:
    await api.deliver("social-care", 1)
    response = await api.acknowledge("social-care", 1, 98765)
    assert response.status_code == 404
    assert "98765" not in response.text
    assert await api.column("social-care", "acknowledged_at") == {1: None}


async def test_a_stopped_item_can_be_acknowledged(api: Api) -> None:
    await api.deliver("social-care", 1)
    api.exchange.notify(AGREEMENT, "council", "withdraw")
    assert (await api.acknowledge("social-care", 1)).status_code == 200
    page = (await api.get("social-care", "/v1/inbox")).json()
    assert page["stopped"] == []


async def test_many_workers_of_one_agency_do_not_block_each_other_for_good(api: Api) -> None:
    seqs = range(1, 101)
    await api.deliver("social-care", *seqs)
    answers = await asyncio.gather(
        *(api.acknowledge("social-care", *seqs) for _ in range(5)),
        *(api.acknowledge("social-care", *reversed(seqs)) for _ in range(5)),
        *(api.get("social-care", "/v1/inbox") for _ in range(5)),
    )
    assert {answer.status_code for answer in answers} == {200}
    assert all((await api.column("social-care", "acknowledged_at")).values())


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"seqs": []},
        {"seqs": [0]},
        {"seqs": [2**63]},
        {"seqs": ["1"]},
        {"seqs": [1.5]},
        {"seqs": [True]},
        {"seqs": [1] * 501},
        {"seqs": [1], "agency": "womens-aid"},
        [1],
        None,
    ],
    ids=lambda body: str(body)[:30],
)
async def test_a_wrong_body_is_refused(api: Api, body: Any) -> None:
    response = await api.call(
        "social-care", "POST", "/v1/inbox/ack", content=json.dumps(body), headers=JSON
    )
    assert response.status_code == 422
    assert response.json()["errors"]
    assert "womens-aid" not in response.text


async def test_a_body_is_json_and_small(api: Api) -> None:
    path = "/v1/inbox/ack"
    text = await api.call("social-care", "POST", path, content=b"x")
    assert text.status_code == 415
    broken = await api.call("social-care", "POST", path, content=b"{Zebedee", headers=JSON)
    assert broken.json()["errors"] == [{"code": "NOT_JSON", "path": "", "message": "is not JSON"}]
    large = await api.call("social-care", "POST", path, content=b" " * 20_000, headers=JSON)
    assert large.status_code == 413
