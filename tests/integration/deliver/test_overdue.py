"""Which inbox holds what its agreement wanted collected by now."""

from datetime import timedelta

from builders import Exchange as Register
from builders import agreement_of, share_of
from concordat.agreements.day import rfc3339
from concordat.postgres.delivered import auditing
from concordat.postgres.roles import AUDITOR
from concordat.runtime.clock import system_clock
from concordat.stack.inboxes import InboxLag, read_inboxes
from integration.deliver.exchange import Exchange
from unit.deliver.records import routed, shared

HOUR = timedelta(hours=1)


async def lag_of(exchange: Exchange, register: Register | None = None) -> dict[str, InboxLag]:
    book = register.book if register else None
    async with auditing(exchange.database.dsn(AUDITOR)) as connection:
        return {each.lag.agency: each.lag for each in await read_inboxes(connection, book)}


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


async def test_what_is_suspended_is_held_and_not_overdue(exchange: Exchange) -> None:
    terms = agreement_of(
        effective={"from": "2020-01-01", "until": "2099-12-31"},
        review_by="2099-12-31",
        dpia={"ref": "DPIA-1", "approved": "2019-11-30"},
        shares=[share_of(to=["social-care", "womens-aid"])],
    )
    register = Register()
    register.add(terms)
    about = {"agreement": terms.id, "version": 1, "law": "protect", "shares": ["all-crimes"]}
    late = {"collectby": rfc3339(system_clock() - HOUR), "keepuntil": None, **about}
    some = [shared("social-care", "a", **late), shared("womens-aid", "b", **late)]
    crime = "community-safety.crime-recorded.v1"
    await exchange.write(routed("event-0001", (0, 0), type=crime, shared=some))
    await exchange.deliver_all()
    before = await lag_of(exchange, register)
    assert {agency: (lag.waiting, lag.overdue, lag.held) for agency, lag in before.items()} == {
        "social-care": (1, 1, 0),
        "womens-aid": (1, 1, 0),
    }
    register.notify(terms, "council", "suspend")
    after = await lag_of(exchange, register)
    assert {agency: (lag.waiting, lag.overdue, lag.held) for agency, lag in after.items()} == {
        "social-care": (0, 0, 1),
        "womens-aid": (1, 1, 0),
    }
