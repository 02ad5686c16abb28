"""The register of a rig as it stands on its topic, record for record; suspended and resumed."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from builders import Exchange
from exchange_on_kafka import AGREEMENT, KafkaExchange
from kafka_log import append
from naive_register import PlainRegister
from signed_notices import notice_of, record_of

SUSPENDING = "police-authority"
Entry = tuple[str, bytes]


@dataclass
class WrittenRegister:
    """`entries` has what is at each offset; None where no record is."""

    exchange: KafkaExchange
    entries: list[Entry | None] = field(default_factory=list)
    rounds: int = 0
    _suspension: str = ""

    def __post_init__(self) -> None:
        self.entries = list(self.exchange.register.log)

    def append(self, entries: list[Entry]) -> None:
        """Write records at the end, acknowledged."""
        records = [(key.encode(), value) for key, value in entries]
        topic = self.exchange.topics.register
        assert not append(self.exchange.producer, topic, records, "application/json")
        self.entries += entries

    def repeat_everything(self) -> None:
        """Write every record a second time."""
        self.append([each for each in self.entries if each is not None])

    def suspend(self) -> None:
        """The police stop all that is theirs."""
        self.append([self.sign_suspension()])

    def sign_suspension(self) -> Entry:
        """A notice by which the police stop all that is theirs; `resume` answers the last one."""
        self.rounds += 1
        notice = notice_of(AGREEMENT, SUSPENDING, "suspend", reason=f"Round {self.rounds}.")
        self._suspension = notice.digest()
        return record_of(notice, self.exchange.register)

    def read_again(self) -> None:
        """Take what others wrote."""
        written = self.exchange.read(self.exchange.topics.register)
        self.entries = [None] * (written[-1].offset + 1)
        for each in written:
            self.entries[each.offset] = each.key.decode(), each.value

    def resume(self) -> None:
        """Both ends of every pair let it go on."""
        given: dict[str, Any] = {
            "resumes": self._suspension,
            "reason": f"Round {self.rounds}.",
        }
        notices = [
            notice_of(AGREEMENT, controller, "resume", **given)
            for controller in self.exchange.register.keys
        ]
        self.append([record_of(each, self.exchange.register) for each in notices])

    def plain(self, offset: int) -> PlainRegister:
        """What the first `offset` records say, in plain values: each key's first record counts."""
        first: dict[str, bytes] = {}
        for entry in self.entries[:offset]:
            if entry is not None:
                first.setdefault(*entry)
        return plain_of(first, self.exchange.register)


def plain_of(records: dict[str, bytes], register: Exchange) -> PlainRegister:
    """The register's records as the naive evaluator reads them."""
    agreements, signatures = [], set()
    notices: list[dict[str, Any]] = []
    numbers: dict[str, int] = {}
    for key, value in records.items():
        kind, *parts = key.split("/")
        if kind == "agreement":
            agreements.append(AGREEMENT.model_dump(mode="json", by_alias=True))
        elif kind == "signature":
            signatures.add((parts[0], int(parts[1]), parts[2]))
        elif kind == "notice":
            numbers[parts[1]] = len(notices)
            notices.append(_notice(msgspec.json.decode(value)["notice"], numbers))
    return PlainRegister(agreements, signatures, notices, _controllers(register), {})


def _notice(content: dict[str, Any], numbers: dict[str, int]) -> dict[str, Any]:
    resumes = content.get("resumes")
    return {
        "number": len(numbers) - 1,
        "agreement": content["agreement"],
        "version": content["version"],
        "action": content["action"],
        "controller": content["controller"],
        "pairs": [[each["publisher"], each["recipient"]] for each in content.get("pairs", [])],
        "resumes": None if resumes is None else numbers[resumes],
    }


def _controllers(register: Exchange) -> dict[str, str]:
    return {name: each.controller for name, each in register.book.agencies.items()}
