"""Which topics a stage reads, where a broker does not know one of them when it is assigned."""

from collections.abc import Iterable, Mapping
from typing import Any, cast

import pytest
from confluent_kafka import OFFSET_INVALID, Consumer, TopicPartition
from confluent_kafka.admin import AdminClient

from concordat.runtime.errors import SourceMadeAgain
from concordat.streams import sources
from concordat.streams.sources import Sources

PARTITIONS = [TopicPartition("outbox.police", 0), TopicPartition("outbox.fire", 0)]


class NothingCommitted:
    """A consumer of a group without offsets."""

    def committed(self, partitions: list[TopicPartition], **_: float) -> list[TopicPartition]:
        return [TopicPartition(each.topic, each.partition, OFFSET_INVALID) for each in partitions]


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, str]]:
    """What the brokers know, question by question; the last answer stays."""
    answers: list[dict[str, str]] = []

    def ask(_admin: Any, topics: Iterable[str]) -> Mapping[str, str]:
        now = answers.pop(0) if len(answers) > 1 else answers[0]
        return {topic: now[topic] for topic in topics if topic in now}

    monkeypatch.setattr(sources, "ask_identities", ask)
    monkeypatch.setattr(sources, "EVERY_SECONDS", 0.0)
    monkeypatch.setattr(sources, "AGAIN_SECONDS", 0.0)
    monkeypatch.setattr(sources, "GONE_SECONDS", 0.05)
    return answers


def assigned() -> Sources:
    """A worker that was just given `PARTITIONS`."""
    asked = Sources(cast("AdminClient", None))
    asked.places(cast("Consumer", NothingCommitted()), PARTITIONS)
    return asked


def test_a_topic_that_a_broker_has_not_heard_of_yet_is_asked_for_again(
    known: list[dict[str, str]],
) -> None:
    both = {"outbox.police": "one", "outbox.fire": "two"}
    known += [{"outbox.police": "one"}, {}, both]
    stage = assigned()
    assert stage.identity_of("outbox.fire") == "two"
    stage.check()


def test_what_comes_under_the_name_of_a_topic_that_was_gone_is_another(
    known: list[dict[str, str]],
) -> None:
    known.append({"outbox.police": "one"})
    stage = assigned()
    assert stage.identity_of("outbox.fire") == ""
    stage.check()
    known[0] = {"outbox.police": "one", "outbox.fire": "three"}
    with pytest.raises(SourceMadeAgain, match=r"outbox\.fire was deleted and made again"):
        stage.check()
