"""How an agreement is said: its first sentence, its words, and tables in every width."""

import re
from random import Random
from typing import Any

import pytest

from concordat.agreements.document import Agreement
from concordat.agreements.show.agreement import show_agreement
from concordat.agreements.show.as_html import as_html
from concordat.agreements.show.as_markdown import as_markdown
from concordat.agreements.show.as_text import WIDTH, as_text
from concordat.agreements.show.sheet import Sheet, Table
from concordat.agreements.show.words import agency_words
from concordat_events.catalogue import CATALOGUE
from unit.agreements.shown.blocks import blocks_of
from unit.agreements.shown.draw import TEXTS, agreement_of
from unit.agreements.shown.every_form import AGENCIES, EVERY_FORM
from unit.agreements.shown.from_html import blocks_from_html
from unit.agreements.shown.from_markdown import blocks_from_markdown
from unit.agreements.shown.from_text import blocks_from_text


def _sheet(**changes: Any) -> Sheet:
    agreement = Agreement.model_validate(
        {**EVERY_FORM, **changes}, strict=False, by_alias=True, by_name=False
    )
    return show_agreement(agreement, AGENCIES, CATALOGUE)


def _table(columns: int, title: str, first: str = "victim.dob", cell: str = "1 or 2") -> Sheet:
    head = ("Field", *(f"{title} {n}" for n in range(columns)))
    rows = tuple((f"{first}{n}", *(cell,) * columns) for n in range(3))
    return Sheet("t", (Table("What is sent", head, rows),))


def test_the_first_sentence_says_what_every_delivery_discloses_by_existing() -> None:
    sentence = (
        "Every delivery under this agreement tells its recipient, whatever fields it holds and "
        "even if it holds none, that the publisher has recorded an event of this kind, about this "
        "case, at this time."
    )
    sheet = _sheet()
    for blocks in (
        blocks_from_text(as_text(sheet)),
        blocks_from_markdown(as_markdown(sheet)),
        blocks_from_html(as_html(sheet)),
    ):
        assert blocks[0] == ("heading", 1, "Agreement every-form, version 3")
        assert blocks[1] == ("paragraph", sentence)


def test_a_share_reads_like_this() -> None:
    text = as_text(_sheet())
    assert "\n  From: The police of Foxglimmer (police)\n" in text
    assert '    - grade is one of "high", "medium"\n' in text
    assert "    - child_count is at least 1\n" in text
    assert "    - repeats_12m is less than 9\n" in text
    assert '    - offences includes "stalking"\n' in text
    assert "    - consent is filled in\n" in text
    assert "    - pregnant is no\n" in text
    assert '    - relationship is "Wyre Forest"\n' in text
    assert "only the year of victim.dob" in text
    assert "  To be collected within: 4 hours\n" in text
    assert "  Under the law: protect: Children Act 2004 s.11: safeguarding and promoting " in text
    assert "    - UK GDPR Art 6(1)(e): a public task (gdpr-6-1-e)\n" in text
    assert "  Because: A test needs it.\n" in text


def test_a_member_without_the_identifier_is_said_not_to_be_reached() -> None:
    text = " ".join(as_text(_sheet()).split())
    unreached = "not reached as things stand, for want of a registered school number (URN): "
    assert f"{unreached}The school-b of Foxglimmer (school-b)" in text
    assert f"{unreached}The school-a" not in text


def test_direct_delivery_carries_its_warning() -> None:
    text = " ".join(as_text(_sheet()).split())
    assert "Kafka topic inbox.care); warning: what has left that way cannot be called back" in text
    assert "inbox.school-a" not in text


def test_a_signal_is_said_to_be_one() -> None:
    assert "  Sends: no field: the delivery itself is the message\n" in as_text(_sheet())


@pytest.mark.parametrize("columns", [1, 2, 5, 12])
@pytest.mark.parametrize("title", ["Health", "Worcestershire community health services"])
def test_a_table_of_any_width_fits_and_keeps_every_cell(columns: int, title: str) -> None:
    sheet = _table(columns, title)
    text = as_text(sheet)
    assert max(map(len, text.split("\n"))) <= WIDTH
    assert blocks_from_text(text) == blocks_of(sheet)


def test_wide_tables_say_which_part_they_are() -> None:
    text = as_text(_table(12, "Worcestershire community health services"))
    counts = re.findall(r"part (\d+) of (\d+):", text)
    assert len(counts) > 1
    assert counts == [(str(n), str(len(counts))) for n in range(1, len(counts) + 1)]
    assert text.count("victim.dob0") == len(counts)


@pytest.mark.parametrize(
    "sheet",
    [
        _table(3, "Health", first="a." + "b" * 70),
        _table(3, "h" * 90),
        _table(2, "x", cell="c" * 90),
    ],
    ids=["a long first cell", "a long title", "a long cell"],
)
def test_a_table_that_cannot_fit_becomes_a_list(sheet: Sheet) -> None:
    text = as_text(sheet)
    assert "----" not in text
    assert blocks_from_text(text) == blocks_of(sheet)


def test_html_asks_for_nothing_and_runs_nothing() -> None:
    html = as_html(_sheet(purpose="<script>x()</script><img src=//example.org onerror=x()>"))
    assert not re.search(r"<(script|link|img|iframe|object|form)\b", html)
    assert not re.search(r"<[^>]*\s(src|href|on\w+|style)=", html)
    assert "default-src &#x27;none&#x27;" in html
    assert "&lt;script&gt;x()&lt;/script&gt;" in html


def test_markdown_keeps_markup_that_is_only_text() -> None:
    markdown = as_markdown(_sheet(purpose="**a** | <b> [c](d) _e_ &amp;"))
    assert r"\*\*a\*\* \| \<b\> \[c\](d) \_e\_ \&amp;" in markdown


def test_a_name_cannot_pass_for_another_agency() -> None:
    hostile = AGENCIES["care"].model_copy(update={"name": "Care (care); Police (police)"})
    words = agency_words("care", {"care": hostile})
    assert words == '"Care (care); Police (police)" (care)'


def test_the_drawn_agreements_have_every_form() -> None:
    random = Random(0)
    drawn = [agreement_of(random) for _ in range(200)]
    shares = [share for each in drawn for share in each["shares"]]
    tests = {key for s in shares for c in s.get("when", []) for key in c} - {"field"}
    assert tests == {"is", "in", "at_least", "less_than", "includes", "present"}
    coarsened = {i["as"] for s in shares for i in s["send"] if isinstance(i, dict)}
    assert coarsened == {"year", "month", "outward-code", "present"}
    by_identifier = {i["whose"] for s in shares for i in s["to"] if isinstance(i, dict)}
    assert by_identifier == {"urn", "ods", "gss"}
    assert any(share["send"] == [] and "sealed" not in share for share in shares)
    for key in ("sealed", "reveals", "requires", "collect_within_hours"):
        assert any(key in share for share in shares)
        assert any(key not in share for share in shares)
    assert any(party.get("direct") for each in drawn for party in each["parties"].values())
    assert {each["purpose"] for each in drawn} == set(TEXTS)


def test_json_holds_every_block() -> None:
    sheet = _sheet()
    told = sheet.as_json()
    assert told["title"] == "Agreement every-form, version 3"
    assert [block["kind"] for block in told["blocks"][:4]] == [
        "heading",
        "paragraph",
        "paragraph",
        "facts",
    ]
    assert len(told["blocks"]) == len(sheet.blocks)


def test_two_agencies_that_answer_each_other_always_receive_the_other() -> None:
    both = ["police", "care"]
    share = {**EVERY_FORM["shares"][1], "from": both, "to": both, "reveals": []}
    blocks = blocks_from_text(as_text(_sheet(shares=[share])))
    (table,) = [block for block in blocks if block[0] == "table"]
    assert table[3] == (("the delivery itself", "—", "always", "always"),)
