import pytest

from concordat_events.delivery import InboxItem
from integration.inbox.api import AGREEMENT, Api


async def test_an_item_is_read_by_its_number(api: Api) -> None:
    await api.deliver("social-care", 1, 2)
    response = await api.get("social-care", "/v1/inbox/2")
    item = InboxItem.model_validate_json(response.content)
    assert (item.seq, item.acknowledged) == (2, False)
    assert item.delivery.data == {"category": "number-2"}
    collected = await api.column("social-care", "collected_at")
    assert [seq for seq, moment in collected.items() if moment] == [2]


async def test_an_acknowledged_item_can_still_be_read(api: Api) -> None:
    await api.deliver("social-care", 1)
    await api.acknowledge("social-care", 1)
    assert (await api.get("social-care", "/v1/inbox/1")).json()["acknowledged"] is True


async def test_a_stopped_item_says_why_and_nothing_else(api: Api) -> None:
    await api.deliver("social-care", 1)
    await api.acknowledge("social-care", 1)
    api.exchange.notify(AGREEMENT, "police-authority", "suspend")
    response = await api.get("social-care", "/v1/inbox/1")
    assert response.status_code == 410
    assert [error["code"] for error in response.json()["errors"]] == ["SUSPENDED"]
    assert "suspended" in response.json()["errors"][0]["message"]
    assert "number-1" not in response.text
    assert await api.column("social-care", "collected_at") == {1: None}


@pytest.mark.parametrize("seq", ["0", "-1", "9223372036854775808", "x", "1.5"])
async def test_what_is_no_number_of_an_item_is_refused(api: Api, seq: str) -> None:
    response = await api.get("social-care", f"/v1/inbox/{seq}")
    assert response.status_code == 422
    assert response.json()["errors"][0]["path"] == "path.seq"
