"""Which topic of a name it is: one that was deleted and made again is another (KIP-516)."""

import time

from confluent_kafka import KafkaException, TopicCollection
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
        try:
            return self._told()
        except (KafkaException, TimeoutError):
            # The library asks one broker that it was once told of, also when that one is gone, and
            # is told anew every few minutes; this tells it now.
            self._admin.list_topics(self._topic, timeout=ANSWER_SECONDS)
            return self._told()

    def _told(self) -> str:
        described = self._admin.describe_topics(
            TopicCollection([self._topic]), request_timeout=ANSWER_SECONDS
        )
        return str(described[self._topic].result(2 * ANSWER_SECONDS).topic_id)
