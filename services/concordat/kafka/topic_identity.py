"""Which topic of a name it is: one that was deleted and made again is another (KIP-516)."""

import time
from collections.abc import Iterable, Mapping, Sequence

from confluent_kafka import KafkaError, KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

EVERY_SECONDS = 1.0
ANSWER_SECONDS = 1.0
SILENCE_MS = 2000
"""After which an administration client is to leave a broker that does not answer."""


class TopicIdentity:
    """Remembers a topic's id from the first answer on, and asks again at most once a second.

    The end of a topic does not show that it was made again with as many records or more.
    """

    def __init__(self, admin: AdminClient, topic: str) -> None:
        self._admin, self._topic = admin, topic
        self._first: str | None = None
        self._asked = float("-inf")
        self._same = True

    def is_same(self) -> bool:
        """Return whether it is the topic that was first seen; once it is not, it never is again.

        Raises `KafkaException` and `TimeoutError` when no broker says.
        """
        if self._same and time.monotonic() - self._asked > EVERY_SECONDS:
            asked = time.monotonic()
            found = self._ask()
            self._first = self._first or found
            self._same = found == self._first
            self._asked = asked
        return self._same

    def _ask(self) -> str:
        found = ask_identities(self._admin, [self._topic])
        if self._topic not in found:
            raise KafkaException(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
        return found[self._topic]


def ask_identities(admin: AdminClient, topics: Iterable[str]) -> Mapping[str, str]:
    """Return the identities of those topics that exist.

    Raises `KafkaException` and `TimeoutError` when no broker says.
    """
    names = list(topics)
    try:
        return _told(admin, names)
    except (KafkaException, TimeoutError):
        # The library asks one broker that it was once told of, also when that one is gone, and is
        # told anew every few minutes; this tells it now.
        admin.list_topics(names[0], timeout=ANSWER_SECONDS)
        return _told(admin, names)


def _told(admin: AdminClient, topics: Sequence[str]) -> Mapping[str, str]:
    described = admin.describe_topics(TopicCollection(list(topics)), request_timeout=ANSWER_SECONDS)
    found = {}
    for topic, answer in described.items():
        try:
            found[topic] = str(answer.result(2 * ANSWER_SECONDS).topic_id)
        except KafkaException as error:
            if error.args[0].code() != KafkaError.UNKNOWN_TOPIC_OR_PART:
                raise
    return found
