"""Each family of poison is what it says it is, as admit sees it."""

import random

import msgspec
import pytest

from builders import NOW
from concordat.kafka.topics import Topics
from concordat.stages.admit import admit_stage
from concordat.stages.record import Output, Record
from exchange_on_kafka import signed_register
from faults.poison import no_events, no_json, odd_spelling
from faults.poison.poisons import CANARY, FAMILIES, Family, Fate, Poison, poisons, spoilt

TOPICS = Topics("t7.")
BOOK = signed_register().book
EACH = 25


def admitted(poison: Poison) -> Output:
    letter = poison.letter
    said = letter.headers.get("content-type")
    text = said.decode("ascii", "replace") if isinstance(said, bytes) else said
    record = Record(letter.topic, 0, 7, letter.key, letter.value, text)
    (output,) = admit_stage(TOPICS)([record], BOOK, NOW)
    return output


def test_there_are_many_families_each_entered_once() -> None:
    assert no_json
    assert no_events
    assert odd_spelling
    names = [each.name for each in FAMILIES]
    assert len(names) == len(set(names)) > 100


@pytest.mark.parametrize("family", FAMILIES, ids=lambda each: each.name)
def test_a_family_meets_its_fate_with_its_faults_and_leaves_no_canary(family: Family) -> None:
    draw = random.Random(family.name)
    for number in range(EACH):
        poison = spoilt(family, number, draw, TOPICS)
        output = admitted(poison)
        fates = {TOPICS.incidents: Fate.NORMALISED, TOPICS.dead_letters: Fate.DEAD}
        assert fates.get(output.topic, Fate.REFUSED) is family.fate, poison.letter.value
        assert CANARY.encode() not in output.key + output.value
        if family.fate is Fate.REFUSED:
            faults = msgspec.json.decode(output.value)["data"]["faults"]
            assert family.codes <= {fault["code"] for fault in faults}
            assert faults


def test_every_family_is_drawn_at_least_once_and_a_seed_draws_the_same() -> None:
    def drawn() -> list[tuple[str, bytes | None]]:
        some = poisons(range(len(FAMILIES)), random.Random(3), TOPICS)
        return [(poison.family, poison.letter.value) for poison in some]

    first, second = drawn(), drawn()
    assert first == second
    assert {name for name, _ in first} == {each.name for each in FAMILIES}
