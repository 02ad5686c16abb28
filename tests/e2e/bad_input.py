"""Sensitive values where they have no business: in events that are refused, in requests."""

from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import msgspec

from canaries import token
from concordat.kafka.topics import Topics
from concordat.kafka.topics_admin import admin_client, apply_topics
from concordat.kafka.topics_file import TopicPlan
from concordat.streams.clients import common_settings, stage_producer
from concordat_events.envelope import CONTENT_TYPE
from e2e.asking import ask
from kafka_log import append

POLICE = "west-mercia-police"
STRANGER = "stranger"
TOPICS = Topics()

Plain = dict[str, Any]


class BadInput:
    """Hands the exchange what it must refuse; `tokens` are all the values it planted."""

    def __init__(self, kafka: str, event: Plain) -> None:
        self._kafka, self._event = kafka, event
        self.tokens: list[str] = []
        self.refused = 0

    def through_kafka(self) -> None:
        """Write to an outbox, to a stranger's, and into the exchange's own topics."""
        stranger = TopicPlan(TOPICS.outbox(STRANGER), 1, 1, {})
        apply_topics(admin_client(self._kafka), [stranger])
        events = list(self._events())
        case = str(self._event["subject"]).encode()
        records = [
            *((case, msgspec.json.encode(event)) for event in events),
            (self._token().encode(), msgspec.json.encode({**self._event, "id": "event-0001"})),
            (case, f"{self._token()} is not JSON".encode()),
        ]
        self.refused += len(records)
        self._append(TOPICS.outbox(POLICE), records)
        self._append(stranger.name, [(case, self._token().encode())])
        self._append(TOPICS.incidents, [(self._token().encode(), self._token().encode())])
        self._append(TOPICS.routed, [(self._token().encode(), self._token().encode())])

    def conflict(self) -> None:
        """Publish the event once more with other contents."""
        other = {**self._event, "data": {**self._event["data"], "narrative": self._token()}}
        key = str(self._event["subject"]).encode()
        self._append(TOPICS.outbox(POLICE), [(key, msgspec.json.encode(other))])

    def through_http(self, client: httpx.Client) -> Iterator[httpx.Response]:
        """Send requests with values in every part, and yield the answers."""
        headers = {"content-type": CONTENT_TYPE}
        for event in self._events():
            yield ask(
                client, "POST", "/v1/events", content=msgspec.json.encode(event), headers=headers
            )
        yield ask(client, "POST", "/v1/events", content=self._token(), headers=headers)
        yield ask(
            client, "POST", "/v1/events", content="{}", headers={"content-type": self._token()}
        )
        yield ask(client, "POST", "/v1/inbox/ack", json={"seqs": [self._token()], self._token(): 1})
        yield ask(client, "GET", "/v1/inbox", params={"after": self._token(), self._token(): "1"})
        yield ask(client, "GET", f"/v1/inbox/{self._token()}")
        yield ask(client, "GET", f"/v1/events/{self._token()}")
        yield ask(client, "GET", f"/{self._token()}")
        yield ask(client, "GET", "/v1/inbox", headers={"authorization": f"Bearer {self._token()}"})

    def _events(self) -> Iterator[Plain]:
        event, data = self._event, self._event["data"]
        yield {**event, "data": {**data, self._token(): 1}}
        yield {**event, "data": {**data, "victim": {**data["victim"], "notes": self._token()}}}
        yield {**event, "data": {**data, "child_count": self._token()}}
        yield {**event, "data": {**data, "occurred_at": self._token()}}
        yield {**event, "id": f"{self._token()} {self._token()}"}
        yield {**event, "subject": f"{self._token()}, born later"}
        yield {**event, "source": f"//{self._token()}"}
        yield {**event, "type": self._token()}
        yield {**event, "withholdfrom": self._token()}
        yield {**event, self._token(): "1"}

    def _append(self, topic: str, records: Iterable[tuple[bytes, bytes]]) -> None:
        producer = stage_producer(common_settings(self._kafka, "bad-input"))
        assert append(producer, topic, records) == []

    def _token(self) -> str:
        self.tokens.append(token("bad input", str(len(self.tokens))))
        return self.tokens[-1]
