"""Regions of events: what conditions leave, what covers what, and what is too large to tell."""

import math
from itertools import combinations
from typing import Any

import pytest

from concordat.agreements.comparison.cover import TooLarge, remainder
from concordat.agreements.comparison.domain import cells_of
from concordat.agreements.comparison.region import Space, always_true, impossible
from concordat.agreements.document import Condition
from concordat_events.fields import Sensitivity
from concordat_events.leaves import Kind, Leaf

Plain = dict[str, Any]
Alternatives = list[list[Plain]]


def _leaf(path: str, kind: Kind, **limits: Any) -> Leaf:
    given = {"many": False, "values": frozenset[str](), "sensitivity": Sensitivity.NONE, **limits}
    return Leaf(path, kind, **given)


LEAVES = {
    leaf.path: leaf
    for leaf in (
        _leaf("n", Kind.INTEGER, minimum=0, maximum=6),
        _leaf("must_n", Kind.INTEGER, minimum=0, maximum=6, required=True),
        _leaf("free_n", Kind.INTEGER),
        _leaf("x", Kind.NUMBER, minimum=0.0, maximum=6.0),
        _leaf("free_x", Kind.NUMBER),
        _leaf("code", Kind.CODE, values=frozenset({"a", "b", "c"})),
        _leaf("must_code", Kind.CODE, values=frozenset({"a", "b"}), required=True),
        _leaf("flag", Kind.BOOLEAN),
        _leaf("must_flag", Kind.BOOLEAN, required=True),
        _leaf("text", Kind.TEXT),
        _leaf("day", Kind.DAY),
        _leaf("instant", Kind.INSTANT),
        _leaf("list", Kind.TEXT, many=True),
        _leaf("must_list", Kind.TEXT, many=True, required=True),
        _leaf("person.ref", Kind.TEXT),
        _leaf("person.sure", Kind.BOOLEAN),
        _leaf("person.tags", Kind.TEXT, many=True),
        _leaf("personal", Kind.BOOLEAN),
    )
}


def _conditions(plain: list[Plain]) -> list[Condition]:
    return [Condition.model_validate(each) for each in plain]


def _space(*sides: Alternatives, **options: Any) -> Space:
    every = [each for side in sides for alternative in side for each in alternative]
    return Space(LEAVES, _conditions(every), **options)


def _covers(bigger: Alternatives, smaller: Alternatives, **options: Any) -> bool | None:
    space = _space(bigger, smaller, **options)
    return space.covers(
        [space.box_of(_conditions(each)) for each in bigger],
        [space.box_of(_conditions(each)) for each in smaller],
    )


def _c(field: str, **test: Any) -> Plain:
    (name,) = test
    return {"field": field, name.rstrip("_"): test[name]}


ALWAYS: Alternatives = [[]]

COVERED: list[tuple[Alternatives, Alternatives]] = [
    # nothing, and everything
    (ALWAYS, ALWAYS),
    (ALWAYS, [[_c("n", is_=1)]]),
    ([[_c("n", is_=1)]], [[_c("n", is_=1)]]),
    ([], [[_c("n", is_=1), _c("n", is_=2)]]),
    # half-open intervals
    ([[_c("n", at_least=2)]], [[_c("n", at_least=3)]]),
    ([[_c("x", at_least=2)]], [[_c("x", is_=2)]]),
    ([[_c("n", less_than=3)]], [[_c("n", less_than=2)]]),
    ([[_c("x", less_than=3)], [_c("x", at_least=3)]], [[_c("x", present=True)]]),
    # integers have gaps
    ([[_c("n", less_than=3)], [_c("n", is_=3)], [_c("n", at_least=4)]], [[_c("n", present=True)]]),
    ([[_c("n", is_=1)]], [[_c("n", at_least=1), _c("n", less_than=2)]]),
    ([[_c("n", at_least=4)]], [[_c("n", at_least=3.5)]]),
    ([[_c("n", is_=2)]], [[_c("n", at_least=1.5), _c("n", less_than=2.5)]]),
    ([], [[_c("n", at_least=1.2), _c("n", less_than=1.8)]]),
    # limits are inclusive
    ([[_c("n", at_least=0)]], [[_c("n", present=True)]]),
    ([[_c("n", less_than=7)]], [[_c("n", present=True)]]),
    ([[_c("x", at_least=0)]], [[_c("x", present=True)]]),
    ([[_c("n", is_=6)]], [[_c("n", at_least=6)]]),
    ([[_c("x", is_=6)]], [[_c("x", at_least=6)]]),
    ([], [[_c("n", at_least=7)]]),
    ([], [[_c("x", less_than=0)]]),
    ([[_c("n", in_=[0, 1, 2, 3, 4, 5, 6])]], [[_c("n", present=True)]]),
    # a required field is never missing
    ([[_c("must_n", at_least=0)]], ALWAYS),
    ([[_c("must_n", present=True)]], ALWAYS),
    ([[_c("must_flag", is_=True)], [_c("must_flag", is_=False)]], ALWAYS),
    ([[_c("must_code", in_=["a", "b"])]], ALWAYS),
    ([[_c("must_list", present=True)]], ALWAYS),
    # codes, booleans
    ([[_c("code", in_=["a", "b"])], [_c("code", is_="c")]], [[_c("code", present=True)]]),
    ([[_c("code", in_=["a", "b"])]], [[_c("code", is_="a")]]),
    ([[_c("flag", is_=True)], [_c("flag", is_=False)]], [[_c("flag", present=True)]]),
    # texts, days, instants
    ([[_c("text", in_=["x", "y"])]], [[_c("text", is_="y")]]),
    ([[_c("text", present=True)]], [[_c("text", is_="y")]]),
    ([[_c("day", in_=["2026-01-01", "2026-01-02"])]], [[_c("day", is_="2026-01-01")]]),
    ([[_c("instant", present=True)]], [[_c("instant", is_="2026-01-01T00:00:00Z")]]),
    # lists
    ([[_c("list", includes="a")]], [[_c("list", includes="a"), _c("list", includes="b")]]),
    ([[_c("list", present=True)]], [[_c("list", includes="a")]]),
    # several shares together
    (
        [
            [_c("n", less_than=3), _c("flag", is_=True)],
            [_c("n", less_than=3), _c("flag", is_=False)],
            [_c("n", at_least=3)],
        ],
        [[_c("n", present=True), _c("flag", present=True)]],
    ),
    ([[_c("code", is_="a")], ALWAYS[0]], [[_c("n", is_=1)]]),
]

NOT_COVERED: list[tuple[Alternatives, Alternatives]] = [
    ([], ALWAYS),
    ([[_c("n", present=True)]], ALWAYS),
    ([[_c("n", at_least=0)]], ALWAYS),
    # half-open intervals
    ([[_c("n", at_least=3)]], [[_c("n", at_least=2)]]),
    ([[_c("n", less_than=3)]], [[_c("n", is_=3)]]),
    ([[_c("x", less_than=3)]], [[_c("x", is_=3)]]),
    ([[_c("x", at_least=3)]], [[_c("x", less_than=3)]]),
    ([[_c("n", less_than=3)], [_c("n", at_least=4)]], [[_c("n", present=True)]]),
    # real numbers have none of the gaps of integers
    ([[_c("x", less_than=3)], [_c("x", is_=3)], [_c("x", at_least=4)]], [[_c("x", present=True)]]),
    ([[_c("x", is_=1)]], [[_c("x", at_least=1), _c("x", less_than=2)]]),
    ([[_c("x", is_=1)], [_c("x", is_=2)]], [[_c("x", at_least=1)]]),
    ([], [[_c("x", at_least=1), _c("x", less_than=math.nextafter(1, 2))]]),
    ([[_c("n", at_least=3.5)]], [[_c("n", at_least=3)]]),
    # limits are inclusive, and without them there is no end
    ([[_c("n", less_than=6)]], [[_c("n", present=True)]]),
    ([[_c("x", less_than=6)]], [[_c("x", present=True)]]),
    ([[_c("n", at_least=1)]], [[_c("n", present=True)]]),
    ([[_c("free_n", at_least=0)]], [[_c("free_n", present=True)]]),
    ([[_c("free_n", less_than=9)]], [[_c("free_n", present=True)]]),
    ([[_c("free_x", at_least=-1e300)]], [[_c("free_x", present=True)]]),
    ([[_c("free_x", less_than=1e300)]], [[_c("free_x", present=True)]]),
    ([[_c("n", in_=[0, 1, 2, 4, 5, 6])]], [[_c("n", present=True)]]),
    # codes, booleans
    ([[_c("code", in_=["a", "b"])]], [[_c("code", present=True)]]),
    ([[_c("flag", is_=True)]], [[_c("flag", present=True)]]),
    ([[_c("flag", is_=True)], [_c("flag", is_=False)]], ALWAYS),
    # there is always another text, day, instant
    ([[_c("text", in_=["x", "y"])]], [[_c("text", present=True)]]),
    ([[_c("text", in_=["another value", "another value!"])]], [[_c("text", present=True)]]),
    ([[_c("day", in_=["2026-01-01", "2026-01-02"])]], [[_c("day", present=True)]]),
    ([[_c("instant", is_="2026-01-01T00:00:00Z")]], [[_c("instant", present=True)]]),
    # lists: a code more, a code less, none, other ones, no list
    ([[_c("list", includes="a"), _c("list", includes="b")]], [[_c("list", includes="a")]]),
    ([[_c("list", includes="a")], [_c("list", includes="b")]], [[_c("list", present=True)]]),
    ([[_c("list", includes="a")]], [[_c("list", includes="b")]]),
    ([[_c("list", present=True)]], ALWAYS),
    ([[_c("must_list", includes="a")]], ALWAYS),
    # several shares together leave something
    (
        [
            [_c("n", less_than=3), _c("flag", is_=True)],
            [_c("n", less_than=3), _c("flag", is_=False)],
            [_c("n", at_least=3)],
        ],
        [[_c("n", present=True)]],  # flag missing
    ),
    ([[_c("n", is_=1)], [_c("code", is_="a")]], [[_c("n", present=True), _c("code", is_="b")]]),
]


@pytest.mark.parametrize(("bigger", "smaller"), COVERED)
def test_it_covers(bigger: Alternatives, smaller: Alternatives) -> None:
    assert _covers(bigger, smaller) is True


@pytest.mark.parametrize(("bigger", "smaller"), NOT_COVERED)
def test_it_does_not_cover(bigger: Alternatives, smaller: Alternatives) -> None:
    assert _covers(bigger, smaller) is False


@pytest.mark.parametrize(
    "start", ["person.sure", "person.tags"], ids=["a field beside it", "a list beside it"]
)
def test_what_stands_wherever_its_object_stands_is_not_taken_for_missing(start: str) -> None:
    with_ref: Alternatives = [[_c(start, present=True), _c("person.ref", present=True)]]
    without: Alternatives = [[_c(start, present=True)]]
    assert _covers(with_ref, without, companions={"person.ref": "person."}) is True
    assert _covers(with_ref, without) is False


def test_a_companion_says_nothing_of_fields_outside_its_object() -> None:
    with_ref: Alternatives = [[_c("personal", present=True), _c("person.ref", present=True)]]
    outside: Alternatives = [[_c("personal", present=True)]]
    assert _covers(with_ref, outside, companions={"person.ref": "person."}) is False
    assert _covers(with_ref, ALWAYS, companions={"person.ref": "person."}) is False


def test_a_required_signature_is_a_condition_of_its_own() -> None:
    space = _space(ALWAYS, signers=["third", "fourth"])
    free, one, both = (space.box_of([], each) for each in ([], ["third"], ["third", "fourth"]))
    assert space.covers([free], [one]) is True
    assert space.covers([one], [both]) is True
    assert space.covers([one], [free]) is False
    found = space.beyond([one], [free])
    assert found is not None
    assert space.unsigned(found) == ["third"]
    assert space.sample(found) == {}


@pytest.mark.parametrize(
    ("bigger", "smaller", "sample"),
    [
        ([[_c("n", at_least=3)]], [[_c("n", at_least=2)]], {"n": 2}),
        ([[_c("x", less_than=3)]], [[_c("x", less_than=4), _c("x", at_least=1)]], {"x": 3}),
        ([[_c("n", present=True)]], ALWAYS, {"n": None}),
        ([[_c("text", is_="x")]], [[_c("text", present=True)]], {"text": "another value"}),
        ([[_c("day", is_="2026-01-01")]], [[_c("day", present=True)]], {"day": "another day"}),
        ([[_c("list", includes="a")]], [[_c("list", includes="b")]], {"list": ["b"]}),
        ([[_c("list", includes="a")]], [[_c("list", present=True)]], {"list": []}),
        ([[_c("list", present=True)]], ALWAYS, {"list": None}),
    ],
)
def test_it_names_what_is_not_covered(
    bigger: Alternatives, smaller: Alternatives, sample: Plain
) -> None:
    space = _space(bigger, smaller)
    found = space.beyond(
        [space.box_of(_conditions(each)) for each in bigger],
        [space.box_of(_conditions(each)) for each in smaller],
    )
    assert found is not None
    assert space.sample(found) == sample


def test_many_codes_of_one_list_stay_exact() -> None:
    codes = [f"code-{number}" for number in range(60)]
    each: Alternatives = [[_c("list", includes=code)] for code in codes]
    every: Alternatives = [[_c("list", includes=code) for code in codes]]
    assert _covers(each, every) is True
    assert _covers(every, each) is False
    assert _covers(each, [[_c("list", present=True)]]) is False


def test_many_shares_that_leave_one_value_are_still_told() -> None:
    shares: Alternatives = [[_c("free_n", is_=number)] for number in range(600)]
    between: Alternatives = [[_c("free_n", at_least=0), _c("free_n", less_than=600)]]
    assert _covers(shares, between) is True
    assert _covers([*shares[:300], *shares[301:]], between) is False


def _pigeons(holes: int) -> tuple[Space, list[Any]]:
    """One pigeon more than holes, each in a hole; boxes: two given pigeons share a given hole."""
    known = {
        name: _leaf(name, Kind.INTEGER, minimum=0, maximum=holes - 1, required=True)
        for name in (f"pigeon_{number}" for number in range(holes + 1))
    }
    pairs = [
        _conditions([_c(one, is_=hole), _c(other, is_=hole)])
        for one, other in combinations(known, 2)
        for hole in range(holes)
    ]
    space = Space(known, [each for pair in pairs for each in pair])
    return space, [space.box_of(pair) for pair in pairs]


def test_what_takes_too_many_steps_is_said_to_be_unknown() -> None:
    space, boxes = _pigeons(3)
    assert space.covers(boxes, [space.box_of([])]) is True
    space, boxes = _pigeons(9)
    assert space.covers(boxes, [space.box_of([])]) is None
    with pytest.raises(TooLarge):
        space.beyond(boxes, [space.box_of([])])
    # Among themselves nothing is searched: each is one of the others.
    assert space.covers(boxes, boxes) is True


def test_what_remains_meets_none_of_the_boxes() -> None:
    full = {("a", None): 0b111, ("b", None): 0b111}
    others = [{("a", None): 0b001}, {("a", None): 0b010, ("b", None): 0b110}]
    found = remainder({}, others, full)
    assert found is not None
    for box in others:
        assert any(not found.get(dim, full[dim]) & mask for dim, mask in box.items())
    assert remainder({}, [*others, {("a", None): 0b100}, {("b", None): 0b001}], full) is None


@pytest.mark.parametrize(
    ("conditions", "is_impossible"),
    [
        ([], False),
        ([_c("n", is_=1)], False),
        ([_c("n", is_=1), _c("n", is_=2)], True),
        ([_c("n", is_=1), _c("n", in_=[1, 2])], False),
        ([_c("code", is_="a"), _c("code", in_=["b", "c"])], True),
        ([_c("n", at_least=3), _c("n", less_than=3)], True),
        ([_c("n", at_least=3), _c("n", less_than=4)], False),
        ([_c("n", at_least=7)], True),
        ([_c("n", less_than=0)], True),
        ([_c("free_n", less_than=0)], False),
        ([_c("x", at_least=2.5), _c("x", less_than=2.6)], False),
        ([_c("x", at_least=6)], False),
        ([_c("x", at_least=6), _c("x", less_than=7), _c("x", in_=[5, 6.5])], True),
        ([_c("flag", is_=True), _c("flag", is_=False)], True),
        ([_c("flag", is_=True), _c("flag", present=True)], False),
        ([_c("flag", is_=True), _c("must_flag", is_=False)], False),
        ([_c("list", includes="a"), _c("list", includes="b")], False),
        ([_c("text", is_="x"), _c("text", is_="y")], True),
        # What has a fault of its own is passed over: nothing follows from it.
        ([_c("unknown", is_=1), _c("code", is_="z")], False),
        ([_c("text", at_least=1), _c("n", is_="x"), _c("n", is_=1), _c("n", is_=2)], True),
    ],
)
def test_contradictory_conditions_are_impossible(
    conditions: list[Plain], is_impossible: bool
) -> None:
    assert impossible(_conditions(conditions), LEAVES) is is_impossible


@pytest.mark.parametrize(
    ("condition", "always"),
    [
        (_c("must_n", present=True), True),
        (_c("must_n", at_least=0), True),
        (_c("must_n", less_than=7), True),
        (_c("must_n", less_than=6), False),
        (_c("must_n", in_=[0, 1, 2, 3, 4, 5, 6]), True),
        (_c("must_n", in_=[0, 1, 2, 3, 4, 5]), False),
        (_c("n", present=True), False),
        (_c("n", at_least=0), False),
        (_c("must_code", in_=["a", "b"]), True),
        (_c("must_code", is_="a"), False),
        (_c("must_code", is_="z"), False),
        (_c("must_flag", is_=True), False),
        (_c("must_list", present=True), True),
        (_c("must_list", includes="a"), False),
        (_c("list", present=True), False),
        (_c("text", present=True), False),
    ],
)
def test_a_condition_that_every_event_meets_is_always_true(condition: Plain, always: bool) -> None:
    (parsed,) = _conditions([condition])
    assert always_true(parsed, LEAVES[parsed.field]) is always


@pytest.mark.parametrize(
    ("path", "operands", "cells"),
    [
        ("n", [2], (0, 1, 2, 3, 6, None)),
        ("n", [], (0, 1, 6, None)),
        ("n", [1.5], (0, 1, 2, 6, None)),
        ("must_n", [-3, 0, 9], (0, 1, 6)),
        ("free_n", [2, 3], (1, 2, 3, 4, None)),
        ("free_x", [2, 3], (1.0, 2, 2.5, 3, 4.0, None)),
        ("x", [3], (0.0, 1.5, 3, 4.5, 6.0, None)),
        ("free_x", [], (0.0, None)),
        ("flag", [True], (True, False, None)),
        ("must_code", ["a"], ("a", "b")),
        ("text", ["y", "x"], ("x", "y", "another value", None)),
    ],
)
def test_a_field_is_divided_by_its_operands(path: str, operands: list[Any], cells: Any) -> None:
    assert cells_of(LEAVES[path], operands) == cells
