"""What is signed is the content: nothing else changes the digest, and any content does."""

import json
import random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import agreement_of, share_of
from concordat.agreements.checking.reading import read_agreement
from concordat.agreements.document import Agreement
from concordat.agreements.notice import Notice
from event_strategies import QUICK
from strategies import MOMENTS, agreements

BASE = agreement_of()


def _read(content: Any) -> Agreement:
    return Agreement.model_validate_json(json.dumps(content))


def _content(agreement: Agreement) -> Any:
    return json.loads(agreement.canonical())


def test_the_digest_of_this_agreement_is_this() -> None:
    # Fixed for ever: another value would make every signature on every register void.
    law = {
        "gateway": "ca2004-s11",
        "publisher_basis": ["gdpr-6-1-e"],
        "recipient_basis": ["gdpr-6-1-e", "gdpr-9-2-g"],
    }
    parties = {
        "police": {"acts_as": "controller"},
        "social-care": {"acts_as": "controller", "keep_days": 30, "onward": "ask"},
        "womens-aid": {"acts_as": "controller"},
    }
    fixed = agreement_of(parties=parties, laws={"protect": law})
    assert fixed.digest() == "dbcb2dba794d72d21f3d922881647dc2bd6797772d747b994347c0fd10341df3"


def test_the_canonical_form_is_sorted_and_without_defaults() -> None:
    content = _content(BASE)
    assert list(content) == sorted(content)
    assert "never_send" not in content
    assert "onward" not in content["parties"]["police"]
    assert content["shares"][0]["from"] == ["police"]
    assert BASE.canonical().startswith(b'{"dpia":{"approved":"2025-11-30","ref":"DPIA-1"},')


def test_a_default_said_aloud_changes_nothing() -> None:
    aloud = _content(BASE) | {"never_send": [], "groups": {}, "field_sets": {}, "undertakings": {}}
    aloud["parties"]["police"] |= {"onward": "none", "direct": False}
    aloud["shares"][0] |= {"when": [], "sealed": [], "reveals": [], "requires": []}
    aloud["shares"][0] |= {"collect_within_hours": None}
    assert _read(aloud).canonical() == BASE.canonical()


def _shuffled(value: Any, order: random.Random) -> Any:
    if isinstance(value, list):
        return [_shuffled(each, order) for each in value]
    if not isinstance(value, dict):
        return value
    items = [(key, _shuffled(each, order)) for key, each in value.items()]
    order.shuffle(items)
    return dict(items)


@QUICK
@given(agreements("first", 1, MOMENTS[0][1]), st.randoms(use_true_random=False))
def test_the_order_of_keys_changes_nothing(plain: Any, order: random.Random) -> None:
    agreement = _read(plain)
    assert _read(_shuffled(plain, order)).digest() == agreement.digest()
    assert _read(_content(agreement)) == agreement
    reading = read_agreement(json.dumps(plain, indent=1), name="a")
    assert reading.document is not None, reading.faults
    assert reading.document.digest() == agreement.digest()


CHANGES: list[dict[str, Any]] = [
    {"version": 2},
    {"title": "A test agreement."},
    {"purpose": "Show what an agreement does!"},
    {"effective": {"from": "2026-01-01", "until": "2027-12-30"}},
    {"review_by": "2027-06-29"},
    {"operator": "charity"},
    {"never_send": ["district"]},
    {"undertakings": {"police": ["Be careful."]}},
    {"parties": _content(BASE)["parties"] | {"police": {"acts_as": "joint-controller"}}},
    {"parties": _content(BASE)["parties"] | {"police": {"acts_as": "controller", "keep_days": 1}}},
    {"shares": [share_of(send=["month", "category"])]},
    {"shares": [share_of(send=["category"])]},
    {"shares": [share_of(to=["social-care", "womens-aid"])]},
    {"shares": [share_of(when=[{"field": "category", "is": "drugs"}])]},
    {"shares": [share_of(when=[{"field": "category", "in": ["drugs"]}])]},
    {"shares": [share_of(collect_within_hours=4)]},
    {"shares": [share_of(), share_of(id="again")]},
]


@pytest.mark.parametrize("change", CHANGES)
def test_any_change_of_content_is_another_digest(change: dict[str, Any]) -> None:
    assert agreement_of(**change).digest() != BASE.digest()


def test_no_two_of_these_changes_have_one_digest() -> None:
    assert len({agreement_of(**change).digest() for change in CHANGES}) == len(CHANGES)


@QUICK
@given(agreements("first", 1, MOMENTS[0][1]), st.data())
def test_one_changed_byte_of_any_text_is_another_digest(plain: Any, draw: st.DataObject) -> None:
    before = _read(plain).digest()
    index = draw.draw(st.integers(0, len(plain["shares"]) - 1))
    name = draw.draw(st.sampled_from(["because", "law", "id"]))
    plain["shares"][index][name] += "x"
    assert _read(plain).digest() != before


def test_an_agreement_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        BASE.version = 4  # type: ignore[misc]


def _notice(**changes: Any) -> Notice:
    content = {
        "schema": "concordat/notice/v1",
        "agreement": "test-agreement",
        "version": 1,
        "action": "suspend",
        "controller": "council",
        "at": "2026-11-22T12:00:00Z",
        "reason": "A test.",
    }
    return Notice.model_validate_json(json.dumps(content | changes))


def test_a_notice_is_named_by_its_content_alone() -> None:
    same = _notice(at="2026-11-22T13:00:00+01:00", pairs=[], resumes=None)
    assert same.digest() == _notice().digest()
    changes: list[dict[str, Any]] = [
        {"agreement": "another"},
        {"version": 2},
        {"action": "withdraw"},
        {"controller": "charity"},
        {"at": "2026-11-22T12:00:01Z"},
        {"reason": "A test!"},
        {"pairs": [{"publisher": "police", "recipient": "social-care"}]},
        {"pairs": [{"publisher": "social-care", "recipient": "police"}]},
        {"action": "resume", "resumes": "0" * 64},
        {"action": "resume", "resumes": "1" * 64},
    ]
    digests = {_notice(**change).digest() for change in changes}
    assert len(digests | {_notice().digest()}) == len(changes) + 1


@pytest.mark.parametrize("change", [{"action": "resume"}, {"resumes": "0" * 64}])
def test_a_resumption_and_nothing_else_names_what_it_ends(change: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="names the suspension it ends"):
        _notice(**change)
