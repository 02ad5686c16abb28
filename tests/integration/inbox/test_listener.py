import asyncio

from integration.inbox.api import Api, until


async def connected(api: Api) -> None:
    await until(lambda: api.arrivals.connected)


async def test_a_delivery_wakes_the_readers_of_its_inbox(api: Api) -> None:
    await connected(api)
    arrival, other = api.arrivals.next("social-care"), api.arrivals.next("womens-aid")
    await api.deliver("social-care", 1)
    async with asyncio.timeout(10):
        await arrival.wait()
    assert not other.is_set()


async def test_a_lost_connection_is_replaced_and_wakes_everybody(api: Api) -> None:
    await connected(api)
    arrival = api.arrivals.next("social-care")
    await api.run(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE usename = 'concordat_api' AND query ILIKE 'LISTEN%'"
    )
    async with asyncio.timeout(10):
        await arrival.wait()  # something may have been missed meanwhile
    await connected(api)
    arrival = api.arrivals.next("social-care")
    await api.deliver("social-care", 1)
    async with asyncio.timeout(10):
        await arrival.wait()


async def test_a_process_without_its_listener_is_not_ready(api: Api) -> None:
    await connected(api)
    assert (await api.call(None, "GET", "/health/ready")).json() == {"ready": True}
    api.arrivals.connected = False
    response = await api.call(None, "GET", "/health/ready")
    assert response.status_code == 503
    assert [error["code"] for error in response.json()["errors"]] == ["LISTENER"]
