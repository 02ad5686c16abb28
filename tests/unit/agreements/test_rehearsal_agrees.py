"""A rehearsal agrees with what is decided one by one, and with counts that know nothing of it."""

import random
from collections import Counter

from builders import NOW, Exchange, agreement_of, share_of
from concordat.agreements.day import london_day
from concordat.agreements.decide import decide
from concordat.agreements.reason import Reason
from concordat.agreements.rehearsing.rehearsal import MOST_DECIDED, Rehearsal, read_past_event
from concordat.publish.history_file import HistoryLine, read_history
from concordat.runtime.settings import CONTRACTS
from concordat.stack.contracts import load_contracts
from concordat.stack.demonstration import DATA
from e2e.plain_agreements import crimes_by_recipient
from rehearsals import CATEGORIES, line, rehearsed, when

DISTRICTS = ("Redditch", "Wyre Forest", "Worcester", None)


def random_lines(seed: int, count: int) -> list[bytes]:
    draw = random.Random(seed)
    return [
        line(
            number,
            {
                "category": draw.choice(CATEGORIES),
                "district": draw.choice(DISTRICTS),
                "outcome": draw.choice(("x", None)),
            },
            **({"withholdfrom": "womens-aid"} if draw.random() < 0.1 else {}),
        )
        for number in range(count)
    ]


def test_it_agrees_with_the_decisions_of_a_register_that_all_have_signed() -> None:
    agreement = agreement_of(
        shares=[
            share_of(id="a", when=[{"field": "category", "in": ["drugs", "robbery"]}]),
            share_of(
                id="b",
                to=["social-care", "womens-aid"],
                when=[
                    {"field": "district", "is": "Redditch"},
                    {"field": "outcome", "present": True},
                ],
                send=["outcome"],
            ),
        ]
    )
    exchange = Exchange()
    exchange.add(agreement)
    plan = exchange.book.plan("community-safety.crime-recorded.v1", "police", london_day(NOW))
    shares: Counter[tuple[str, str]] = Counter()
    withheld: Counter[tuple[str, Reason, str | None]] = Counter()
    lines = random_lines(1, 2000)
    for each in lines:
        event = read_past_event(each)
        decision = decide(plan, event.data, event.denied)
        shares.update((grant.agency, share) for grant in decision.grants for share in grant.shares)
        withheld.update((each.agency, each.reason, each.field) for each in decision.withheld)
    found = rehearsed(lines, agreement).recipients
    assert shares
    assert shares == {
        (agency, share): held.events
        for agency, tally in found.items()
        for share, held in tally.shares.items()
    }
    assert withheld == {
        (agency, *said): count
        for agency, tally in found.items()
        for said, count in tally.withheld.items()
    }


def test_every_event_of_a_recipient_is_shared_or_withheld() -> None:
    new = when(field="district", **{"is": "Redditch"})
    found = rehearsed(random_lines(2, 1000), new, when(field="category", present=True))
    tally = found.recipients["social-care"]
    assert tally.shared + tally.withheld.total() == found.decided == 1000
    assert tally.shared - tally.shared_before == tally.gained.events - tally.lost.events


def add_outcomes(rehearsal: Rehearsal, count: int) -> None:
    """Rehearse `count` events, each with an outcome of its own."""
    template = line(1, {"outcome": "TEXT"})
    for number in range(count):
        text = template.replace(b"TEXT", b"outcome %d" % number)
        rehearsal.add(read_past_event(text.replace(b"crime-000001", b"crime-%09d" % number)))


def test_what_a_text_says_is_not_kept_where_a_condition_only_asks_about_it() -> None:
    rehearsal = Rehearsal(when(field="outcome", present=True))
    rehearsal.add(read_past_event(line(1, {"outcome": "in Karen Bloggs's words"})))
    assert "Bloggs" not in repr(rehearsal._decided)
    add_outcomes(rehearsal, 100)
    assert rehearsal.result().recipients["social-care"].gained.events == 101


def test_addresses_of_every_kind_do_not_fill_the_memory_nor_lose_a_count() -> None:
    to = {"group": "all", "whose": "gss", "is": "outcome"}
    new = agreement_of(groups={"all": ["social-care"]}, shares=[share_of(to=[to])])
    rehearsal = Rehearsal(new)
    count = MOST_DECIDED + 100
    add_outcomes(rehearsal, count)
    assert len(rehearsal._decided) <= MOST_DECIDED
    tally = rehearsal.result().recipients["social-care"]
    assert tally.withheld == {(Reason.NOT_ADDRESSED, "outcome"): count}


def test_the_demonstrations_crimes_come_to_what_its_agreement_says_in_plain_words() -> None:
    contracts = load_contracts(CONTRACTS)
    (agreement,) = (each for each in contracts.agreements if "safety" in each.id)
    with DATA.open("rb") as stream:
        rows = [each for each in read_history(stream, DATA.name) if isinstance(each, HistoryLine)]
    found = rehearsed((row.content for row in rows), agreement, agencies=contracts.agencies)
    counted = {agency: tally.shared for agency, tally in found.recipients.items()}
    assert sum(counted.values()) > 1000
    assert counted == crimes_by_recipient(DATA)
