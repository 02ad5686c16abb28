"""Who will get nothing, and who gets nothing, because a version waits for a signature."""

from datetime import date, timedelta
from typing import Any

from builders import Exchange, agreement_of, share_of
from concordat.agreements.document import Agreement
from concordat.agreements.signing import still_to_sign
from concordat.agreements.signing_gaps import unsigned_soon
from concordat.agreements.signing_report import report_on
from signed_notices import say

START = date(2026, 12, 1)
BOTH = ["social-care", "womens-aid"]
ALL = ["police-authority", "council", "charity"]


def _version(number: int, start: str, **changes: Any) -> Agreement:
    content = {"shares": [share_of(to=BOTH)], **changes}
    return agreement_of(version=number, effective={"from": start, "until": "2027-12-31"}, **content)


V3, V4 = _version(3, "2026-01-01"), _version(4, "2026-12-01")


def _exchange(signed_by: list[str]) -> Exchange:
    exchange = Exchange()
    exchange.add(V3)
    exchange.add(V4, signed_by)
    return exchange


def _gaps(exchange: Exchange, day: date, days: int = 30) -> dict[str, tuple[str, ...]]:
    found = unsigned_soon(exchange.keeper.register, day, days)
    assert {(gap.version, gap.starts) for gap in found} <= {(4, START)}
    return {gap.controller: gap.agencies for gap in found}


def test_a_recipient_that_has_not_signed_is_named_from_thirty_days_before_the_start() -> None:
    exchange = _exchange(["police-authority", "charity"])
    assert _gaps(exchange, START - timedelta(31)) == {}
    assert _gaps(exchange, START - timedelta(31), days=31) == {"council": ("social-care",)}
    assert _gaps(exchange, START - timedelta(30)) == {"council": ("social-care",)}


def test_it_is_named_on_while_it_gets_nothing_and_until_it_signs() -> None:
    exchange = _exchange(["police-authority", "charity"])
    for day in (START, START + timedelta(200)):
        assert _gaps(exchange, day) == {"council": ("social-care",)}
    exchange.sign(V4, "council")
    assert _gaps(exchange, START) == {}


def test_while_the_publisher_has_not_signed_either_nobody_loses_anything_at_the_start() -> None:
    exchange = _exchange([])
    before = {"council": ("social-care",), "charity": ("womens-aid",)}
    assert _gaps(exchange, START - timedelta(1)) == before
    assert _gaps(exchange, START) == {}
    exchange.sign(V4, "police-authority")
    assert _gaps(exchange, START) == before


def test_a_version_that_is_over_has_no_gap() -> None:
    exchange = _exchange(["police-authority"])
    assert _gaps(exchange, date(2027, 12, 31)) != {}
    assert _gaps(exchange, date(2028, 1, 1)) == {}


def test_a_gap_is_a_sentence() -> None:
    (gap,) = unsigned_soon(_exchange(["police-authority", "charity"]).keeper.register, START)
    assert gap.sentence(START - timedelta(1)) == (
        "council has not signed version 4 of test-agreement: "
        "social-care get nothing from 2026-12-01"
    )
    assert "since 2026-12-01" in gap.sentence(START)


def test_who_has_still_to_sign() -> None:
    exchange = _exchange(["charity"])
    register = exchange.keeper.register
    assert still_to_sign(register, V4) == ["council", "police-authority"]
    assert still_to_sign(register, V3) == []


def test_the_report_on_an_agreement_has_versions_notices_refusals_and_gaps() -> None:
    exchange = _exchange(["police-authority", "charity"])
    digest = say(exchange, V3, "council", "suspend")
    say(exchange, V3, "council", "resume", resumes=digest)
    say(exchange, V3, "charity", "withdraw")
    say(exchange, V3, "charity", "suspend", pairs=[("police", "social-care")])
    exchange.write("agreement/other-agreement/1", b"{}")
    report = report_on(exchange.keeper.register, "test-agreement", START)
    assert report is not None
    assert [(each.version, len(each.signed), each.awaited) for each in report.versions] == [
        (3, 3, ()),
        (4, 2, ("council",)),
    ]
    assert {each.kid for each in report.versions[0].signed} == {f"{each}-1" for each in ALL}
    assert [(each.action, each.stopped, each.resumed) for each in report.notices] == [
        ("suspend", (("police", "social-care"),), ()),
        ("withdraw", (("police", "womens-aid"),), ()),
    ]
    assert [each.why for each in report.refused] == ["a notice for the pairs of others"]
    assert [gap.controller for gap in report.gaps] == ["council"]
    say(exchange, V3, "police-authority", "resume", resumes=digest)
    again = report_on(exchange.keeper.register, "test-agreement", START)
    assert again is not None
    assert again.notices[0].resumed == (("police", "social-care"),)
    broken = report_on(exchange.keeper.register, "other-agreement", START)
    assert broken is not None
    assert (broken.unreadable, broken.versions) == ((1,), ())
    assert report_on(exchange.keeper.register, "nothing", START) is None
