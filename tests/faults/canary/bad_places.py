"""Values where they have no business, on a rig: in refused events, requests, foreign topics."""

from collections.abc import Iterable, Iterator
from typing import Any

import httpx
import msgspec

from concordat.kafka.topics_admin import apply_topics
from concordat.kafka.topics_file import TopicPlan
from concordat_events.envelope import CONTENT_TYPE
from e2e.asking import ask
from e2e.bad_input import POLICE, STRANGER, BadInput
from faults.rig import Rig
from kafka_log import append


class BadOnRig(BadInput):
    """Hands a rig what it must refuse; `tokens` are all the values it planted."""

    def __init__(self, rig: Rig, event: dict[str, Any]) -> None:
        super().__init__(rig.exchange.kafka, event)
        self.in_register: set[str] = set()
        self._rig = rig

    def through_kafka(self) -> None:
        """Write to an outbox, to a stranger's, and into the exchange's own topics."""
        topics, exchange = self._rig.exchange.topics, self._rig.exchange
        stranger = TopicPlan(topics.outbox(STRANGER), 1, 1, {})
        apply_topics(exchange.admin, [stranger])
        case = str(self._event["subject"]).encode()
        records = [
            *((case, msgspec.json.encode(event)) for event in self._events()),
            (self._token().encode(), msgspec.json.encode({**self._event, "id": "event-0001"})),
            (case, f"{self._token()} is not JSON".encode()),
            (case, b'{"data": "' + self._token().encode() + b'\xff\xfe"}'),
            (case, b"[" * 5000 + self._token().encode()),
        ]
        self.refused += len(records)
        self._append(topics.outbox(POLICE), records)
        self._append(stranger.name, [(case, self._token().encode())])
        for name in (topics.incidents, topics.routed):
            self._append(name, [(self._token().encode(), self._token().encode())])
        self.in_register = {self._token(), self._token()}
        key, value = self.in_register
        self._append(topics.register, [(key.encode(), value.encode())])

    def conflict(self) -> None:
        """Publish the event once more with other contents."""
        other = {**self._event, "data": {**self._event["data"], "narrative": self._token()}}
        key = str(self._event["subject"]).encode()
        self._append(self._rig.exchange.topics.outbox(POLICE), [(key, msgspec.json.encode(other))])

    def through_http(self, client: httpx.Client) -> Iterator[httpx.Response]:
        """Send requests with values in every part, and yield the answers."""
        yield from super().through_http(client)
        headers = {"content-type": "application/json"}
        notice = {"notice": {"agreement": self._token(), self._token(): 1}, "signature": "x"}
        yield ask(client, "POST", "/v1/notices", json=notice)
        yield ask(client, "POST", "/v1/notices", content=self._token(), headers=headers)
        yield ask(client, "POST", "/v1/events", headers={"content-type": CONTENT_TYPE}, content="x")
        yield ask(client, "GET", "/v1/inbox/1000000", headers={"cookie": f"name={self._token()}"})
        yield ask(client, "GET", "/v1/inbox/1000000", headers={"user-agent": self._token()})
        yield ask(client, "GET", "/v1/inbox/1000000", headers={f"x-{self._token()}": self._token()})
        yield ask(client, "GET", f"/v1/events/{self._token()}/explanation")
        yield ask(client, "GET", f"/v1/events/event-0001/explanation?at={self._token()}")
        yield ask(client, self._token().replace("-", "").upper(), "/v1/inbox")
        yield ask(client, "GET", f"/health/ready?{self._token()}={self._token()}")
        yield ask(client, "GET", f"/metrics/{self._token()}")

    def _append(self, topic: str, records: Iterable[tuple[bytes, bytes]]) -> None:
        assert append(self._rig.exchange.producer, topic, records) == []
