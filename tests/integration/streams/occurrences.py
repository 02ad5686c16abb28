"""What must hold of two topics, whatever was repeated: nothing lost, first occurrences in order."""

from collections import Counter, defaultdict
from collections.abc import Iterable

import msgspec

from exchange_on_kafka import KafkaExchange


class Seen(msgspec.Struct, frozen=True):
    """What an incident and a routed record tell of their event."""

    id: str
    source: str
    subject: str


_read = msgspec.json.Decoder(Seen).decode


def seen_in(exchange: KafkaExchange, topic: str) -> list[Seen]:
    """Every record, repeats too; each partition in its order."""
    return [_read(record.value) for record in exchange.read(topic)]


def repeats(seen: Iterable[Seen]) -> int:
    """How many records are repeats of an earlier one."""
    return sum(count - 1 for count in Counter(each.id for each in seen).values())


def by_case(seen: Iterable[Seen]) -> dict[str, list[str]]:
    """The events of each case in the order of their first occurrence."""
    cases: dict[str, dict[str, None]] = defaultdict(dict)
    for each in seen:
        cases[each.subject].setdefault(each.id)
    return {case: list(ids) for case, ids in cases.items()}
