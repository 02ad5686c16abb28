"""Which inbox holds what its agreement wanted collected by now."""

from datetime import timedelta

import asyncpg

from concordat.agreements.day import rfc3339
from concordat.postgres.roles import AUDITOR
from concordat.runtime.clock import system_clock
from concordat.stack.lag import InboxLag, inboxes_of
from integration.deliver.exchange import Exchange
from unit.deliver.records import routed, shared

HOUR = timedelta(hours=1)


async def lag_of(exchange: Exchange) -> dict[str, InboxLag]:
    connection = await asyncpg.connect(
        exchange.database.dsn(AUDITOR), server_settings={"search_path": "concordat"}
    )
    try:
        return {each.agency: each for each in await inboxes_of(connection)}
    finally:
        await connection.close()


async def test_lag_counts_what_is_past_its_time_and_says_since_when(exchange: Exchange) -> None:
    now = system_clock()
    times = {"late": now - HOUR, "later": now - 2 * HOUR, "soon": now + HOUR}
    deliveries = [
        shared("schools", name, collectby=rfc3339(moment)) for name, moment in times.items()
    ]
    some = [*deliveries, shared("schools", "whenever"), shared("social-care", "one")]
    await exchange.write(routed("event-0001", (0, 0), shared=some))
    await exchange.deliver_all()
    lag = await lag_of(exchange)
    assert (lag["schools"].waiting, lag["schools"].overdue) == (4, 2)
    assert lag["schools"].overdue_since == times["later"]
    assert lag["schools"].age_seconds > 0
    assert (lag["social-care"].waiting, lag["social-care"].overdue) == (1, 0)
    assert lag["social-care"].overdue_since is None


async def test_what_was_collected_acknowledged_or_purged_is_not_late(exchange: Exchange) -> None:
    times = {name: system_clock() - n * HOUR for n, name in enumerate(["a", "b", "c", "d"], 1)}
    deliveries = [
        shared("schools", name, collectby=rfc3339(moment)) for name, moment in times.items()
    ]
    await exchange.write(routed("event-0001", (0, 0), shared=deliveries))
    await exchange.deliver_all()
    for change, name in (
        ("collected_at = now()", "d"),
        ("acknowledged_at = now()", "c"),
        ("purged_at = now(), body = NULL", "b"),
    ):
        await exchange.ask(f"UPDATE concordat.delivery SET {change} WHERE id = $1", name)
    lag = (await lag_of(exchange))["schools"]
    assert (lag.waiting, lag.overdue, lag.overdue_since) == (1, 1, times["a"])
