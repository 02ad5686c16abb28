"""What a verdict on an agency is made of, as a real database has it; and what is withheld."""

from datetime import timedelta

from concordat.agreements.decision import Withheld
from concordat.agreements.reason import Reason
from concordat.deliver.writers import count_writers
from concordat.postgres.delivered import auditing
from concordat.postgres.inboxes import Habit, read_habits
from concordat.postgres.roles import AUDITOR
from concordat.postgres.withheld import WithheldCount, count_withheld
from concordat.runtime.clock import system_clock
from concordat.stack.inbox_verdict import judge_inbox
from concordat.stack.inboxes import read_inboxes
from concordat.stack.verdict import Verdict
from integration.deliver.exchange import Exchange
from unit.deliver.records import replayed, routed, shared

MINUTE = timedelta(minutes=1)


async def habits_of(exchange: Exchange) -> dict[str, Habit]:
    async with auditing(exchange.database.dsn(AUDITOR)) as connection:
        return {habit.agency: habit for habit in await read_habits(connection)}


async def verdicts_of(exchange: Exchange) -> dict[str, Verdict]:
    async with auditing(exchange.database.dsn(AUDITOR)) as connection:
        inboxes = await read_inboxes(connection, None)
    return {each.lag.agency: judge_inbox(each.facts).verdict for each in inboxes}


async def deliver(exchange: Exchange, count: int, *agencies: str) -> None:
    """Each agency gets `count` items that may be kept for ever."""
    some = [
        shared(agency, f"{agency}-{number}", keepuntil=None)
        for agency in agencies
        for number in range(count)
    ]
    await exchange.write(routed("event-0001", (0, 0), shared=some))
    await exchange.deliver_all()


async def collect(exchange: Exchange, agency: str, count: int, minutes: int) -> None:
    """The first `count` items were numbered a day ago and collected so many minutes later."""
    await exchange.ask("UPDATE concordat.exchange SET created_at = now() - interval '90 days'")
    await exchange.ask(
        """UPDATE concordat.delivery SET numbered_at = now() - interval '1 day',
           collected_at = now() - interval '1 day' + $3 * interval '1 minute'
           WHERE agency = $1 AND seq <= $2""",
        agency,
        count,
        minutes,
    )


async def test_a_habit_is_the_time_in_which_most_items_were_collected(exchange: Exchange) -> None:
    await deliver(exchange, 10, "schools", "social-care", "probation")
    await collect(exchange, "schools", 10, minutes=7)
    await exchange.ask(
        """UPDATE concordat.delivery SET collected_at = collected_at + interval '5 hours'
           WHERE agency = 'schools' AND seq = 3"""
    )
    await collect(exchange, "social-care", 4, minutes=7)
    habits = await habits_of(exchange)
    assert habits["schools"].usual == 7 * MINUTE
    assert habits["social-care"].usual is None  # four are no habit
    assert habits["social-care"].last_active is not None
    assert (habits["probation"].usual, habits["probation"].last_active) == (None, None)
    assert {habit.last_seq for habit in habits.values()} == {10}


async def test_what_was_released_after_it_was_collected_is_no_habit(exchange: Exchange) -> None:
    await deliver(exchange, 10, "schools", "social-care")
    await collect(exchange, "schools", 10, minutes=7)
    await collect(exchange, "social-care", 10, minutes=7)
    await exchange.ask(
        """UPDATE concordat.delivery SET numbered_at = now()
           WHERE agency = 'schools' AND seq > 5 OR agency = 'social-care' AND seq > 4"""
    )
    habits = await habits_of(exchange)
    assert habits["schools"].usual == 7 * MINUTE
    assert habits["social-care"].usual is None  # four are no habit


async def test_agencies_are_judged_by_what_they_did(exchange: Exchange) -> None:
    await deliver(exchange, 10, "in-time", "gone", "never", "slow", "done", "void")
    for agency in ("in-time", "gone", "slow", "done", "void"):
        await collect(exchange, agency, 8, minutes=10)
    await exchange.ask(
        """UPDATE concordat.delivery SET numbered_at = now() - interval '5 hours'
           WHERE agency IN ('gone', 'slow') AND seq > 8"""
    )
    await exchange.ask(
        """UPDATE concordat.delivery SET acknowledged_at = now()
           WHERE agency IN ('slow', 'void') AND seq < 5"""
    )
    await exchange.ask("UPDATE concordat.delivery SET collected_at = now() WHERE agency = 'done'")
    assert await verdicts_of(exchange) == {
        "in-time": Verdict.KEEPING_UP,
        "gone": Verdict.STALLED,
        "never": Verdict.NO_MEMBERS,
        "slow": Verdict.FALLING_BEHIND,
        "done": Verdict.KEEPING_UP,
        "void": Verdict.KEEPING_UP,
    }


async def test_who_has_not_come_since_the_database_began_again_is_rewound(
    exchange: Exchange,
) -> None:
    await deliver(exchange, 6, "schools", "social-care")
    await exchange.ask("UPDATE concordat.delivery SET collected_at = now() - interval '1 hour'")
    await exchange.ask("UPDATE concordat.exchange SET generation = 'another', created_at = now()")
    await exchange.ask(
        "UPDATE concordat.delivery SET acknowledged_at = now() WHERE seq = 1 AND agency = 'schools'"
    )
    assert await verdicts_of(exchange) == {
        "schools": Verdict.KEEPING_UP,
        "social-care": Verdict.REWOUND,
    }


async def test_a_topic_of_its_own_that_was_fed_by_another_database_is_rewound(
    exchange: Exchange,
) -> None:
    await deliver(exchange, 1, "schools")
    await exchange.ask("INSERT INTO concordat.direct_feed VALUES ('schools', 'another', 1)")
    assert await verdicts_of(exchange) == {"schools": Verdict.REWOUND}


async def test_who_delivers_is_seen_by_the_auditor(exchange: Exchange) -> None:
    async with auditing(exchange.database.dsn(AUDITOR)) as connection:
        assert await count_writers(connection) == 0
        await exchange.write(routed("event-0001", (0, 0), "schools"))
        async with exchange.delivering() as task:
            while not await exchange.is_all_consumed():
                assert not task.done()
            assert await count_writers(connection) == 1


async def test_what_signatures_and_suspensions_withhold_is_counted_by_grade(
    exchange: Exchange,
) -> None:
    unsigned = [Withheld("telford", Reason.UNSIGNED_BY_RECIPIENT)]
    joint = [Withheld("telford", Reason.UNSIGNED_BY_JOINT_CONTROLLER)]
    both = [Withheld("telford", Reason.SUSPENDED), Withheld("probation", Reason.CONDITION_FALSE)]
    long_ago = {"decided_at": "2020-01-01T00:00:00Z", "grade": "high"}
    decisions = (unsigned, "high"), (joint, "high"), (unsigned, "standard"), (both, "medium")
    now = system_clock().isoformat()
    await exchange.write(
        *(
            routed(f"event-{n:04d}", (0, n), withheld=why, grade=grade, decided_at=now)
            for n, (why, grade) in enumerate(decisions)
        ),
        routed("event-0010", (0, 10), withheld=unsigned, decided_at=now),
        routed("event-0011", (0, 11), withheld=unsigned, **long_ago),
        routed("event-0012", (0, 12), withheld=unsigned, grade="high", decided_at=now),
        # One was decided again in a replay and delivered; another was, and stays withheld.
        replayed("event-0012", (0, 12), "telford", replay="replay-1"),
        replayed("event-0000", (0, 0), replay="replay-1", withheld_from="telford"),
    )
    await exchange.deliver_all()
    async with auditing(exchange.database.dsn(AUDITOR)) as connection:
        counts = await count_withheld(connection, system_clock() - timedelta(days=1))
    assert counts == [
        WithheldCount("telford", "suspended", "medium", 1),
        WithheldCount("telford", "unsigned", "high", 2),
        WithheldCount("telford", "unsigned", "standard", 1),
        WithheldCount("telford", "unsigned", None, 1),
    ]
