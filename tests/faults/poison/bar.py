"""One record in ten is malformed; then the same among the exchange's own topics."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from concordat.kafka.topics_admin import apply_topics
from concordat.kafka.topics_file import TopicPlan
from concordat.stages import admit as admitting
from concordat.stages.record import Output, Record
from concordat_events import envelope, parsing
from concordat_events.envelope import CONTENT_TYPE
from concordat_events.faults import Fault, FaultCode, InvalidEvent
from exchange_on_kafka import PUBLISHERS, event
from faults.bar import Bar, Ground
from faults.load import Identity
from faults.poison import no_events, no_json, odd_spelling
from faults.poison.gzip_bombs import throw_bombs
from faults.poison.inside import spoil
from faults.poison.outcome import (
    Told,
    claim_accounted,
    claim_good,
    identities,
    read_canaries,
    read_receipts,
    read_told,
)
from faults.poison.poisons import CASES, STRANGER, Poison, poisons
from faults.rig import Rig, open_rig
from faults.sending import Letter, Place, Sender

ONE_IN = 10
LEAST_SHARE_OF_CLEAN = 0.5
TOO_LARGE = 1024 * 1024 + 1
assert odd_spelling
assert no_events
assert no_json


async def run(ground: Ground) -> None:
    """Clean and poisoned loads in turn, then a look at every single malformed record."""
    whole = ground.pick(smoke=20_000, full=250_000)
    async with open_rig(ground) as rig:
        stranger = TopicPlan(rig.exchange.topics.outbox(STRANGER), 1, 1, {})
        apply_topics(rig.exchange.admin, [stranger])
        await asyncio.to_thread(rig.start_all, admit=2, route=2, deliver=1)
        course = _Course(ground, rig)
        await course.warm_up()
        rounds = ground.pick(smoke=2, full=5)
        for _ in range(rounds):
            await course.load(whole // rounds, poisoned=False)
            await course.load(whole // rounds, poisoned=True)
        course.claim_throughput()
        await course.refused_by_the_broker()
        told = await read_told(rig)
        claim_accounted(ground.findings, course.placed, told)
        good = course.good | identities(course.placed.values())
        await claim_good(ground.findings, rig, good)
        await _bombs(ground, rig)
        await spoil(ground.findings, rig, ground.pick(smoke=400, full=20_000), ground.draw)
        await claim_good(ground.findings, rig, good, await _spoilt(rig) - good)
        canaries = await _canaries_again(rig)
        ground.findings.none(canaries_after_spoiling=canaries)
        ended = [each.name for each in rig.workers.values() if not each.is_running]
        ground.findings.same([], workers_ended=ended)


class _Course:
    """Loads one after another; `placed` has every poison by its place, `good` every good event."""

    def __init__(self, ground: Ground, rig: Rig) -> None:
        self._ground, self._rig = ground, rig
        self._number = 0
        self.placed: dict[Place, Poison | None] = {}
        self.good: set[Identity] = set()
        self._seconds = {False: 0.0, True: 0.0}
        self._records = {False: 0, True: 0}

    async def warm_up(self) -> None:
        """Let everything have started before anything is timed."""
        await self.load(500, poisoned=False, timed=False)

    async def load(self, count: int, *, poisoned: bool, timed: bool = True) -> None:
        """Publish so many at once; they are timed until the last one is stored."""
        letters = list(self._letters(count, poisoned))
        sender = Sender[Poison | None](self._rig.exchange.kafka, "poisoner")
        began = time.monotonic()
        await sender.send_all(letters)
        await self._rig.until_drained(3600)
        if timed:
            self._seconds[poisoned] += time.monotonic() - began
            self._records[poisoned] += count
        assert not sender.refused, f"the broker refused {sender.refused[:3]}"
        self.placed |= {place: each for place, each in sender.placed.items() if each is not None}

    def claim_throughput(self) -> None:
        """Claim half of clean, and the denominators."""
        clean, poisoned = (self._records[kind] / self._seconds[kind] for kind in (False, True))
        findings, count = self._ground.findings, len(self.placed)
        self._ground.figure(per_second_clean=round(clean), per_second_poisoned=round(poisoned))
        findings.least(LEAST_SHARE_OF_CLEAN, throughput_of_clean=round(poisoned / clean, 2))
        findings.least(self._records[True] // ONE_IN, malformed=count)
        findings.least(self._records[True] + self._records[False] - count, good=len(self.good))

    async def refused_by_the_broker(self) -> None:
        """One byte more than a topic takes is refused where it is sent."""
        sender = Sender[None](self._rig.exchange.kafka, "too-large")
        topic = self._rig.exchange.topics.outbox("police")
        await sender.send_all([(Letter(topic, b"case-0001", b" " * TOO_LARGE), None)])
        codes = [code for _, code in sender.refused]
        self._ground.findings.same(["MSG_SIZE_TOO_LARGE"], refused_at_the_publisher=codes)

    def _letters(self, count: int, poisoned: bool) -> Iterator[tuple[Letter, Poison | None]]:
        topics, draw = self._rig.exchange.topics, self._ground.draw
        begin, self._number = self._number, self._number + count
        bad = poisons(range(begin, begin + count // ONE_IN), draw, topics)
        for number in range(begin, begin + count):
            if poisoned and number % ONE_IN == 0:
                poison = next(bad)
                yield poison.letter, poison
            else:
                yield self._good(number), None

    def _good(self, number: int) -> Letter:
        publisher = PUBLISHERS[number % len(PUBLISHERS)]
        self.good.add((f"//{publisher}", f"{publisher}-{number:08d}"))
        value, case = event(number, publisher, CASES), f"case-{number % CASES:08d}".encode()
        return Letter(self._rig.exchange.topics.outbox(publisher), case, value)


async def _bombs(ground: Ground, rig: Rig) -> None:
    """Those that the broker took are refused by admit as what they are: too large."""
    logs, count = ground.stacks.state_folder, ground.pick(smoke=5, full=50)
    placed = await asyncio.to_thread(throw_bombs, ground.findings, rig, logs, count)
    await rig.until_drained()
    told = Told()
    await asyncio.to_thread(read_receipts, rig, "police", told)
    codes = [told.receipts.get(place, []) for place in placed]
    ground.findings.none(bombs_not_refused=sum(each != [{FaultCode.TOO_LARGE}] for each in codes))


async def _spoilt(rig: Rig) -> set[Identity]:
    """What a mad writer has put into the log of admissions counts as decided, for nobody."""
    rows = await rig.ask(
        "SELECT source, id FROM concordat.event WHERE shared = '[]' AND source <> '//unreadable'"
    )
    return set() if not rows else {(row["source"], row["id"]) for row in rows}


async def _canaries_again(rig: Rig) -> int:
    canaries: Counter[str] = Counter()
    await read_canaries(rig, canaries)
    return canaries.total()


# -- planted bugs ------------------------------------------------------------------------------


def skip_what_fails(patch: pytest.MonkeyPatch) -> None:
    """Go on to the next record where one is refused, without a word."""

    def none(*_: Any) -> Output:
        raise InvalidEvent(())

    def broken(topics: Any) -> Any:
        def admit(records: Sequence[Record], book: Any, now: Any) -> list[Output]:
            outputs = []
            for record in records:
                try:
                    outputs.append(admitting._admit(record, book, topics))
                except InvalidEvent:
                    continue
            return outputs

        return admit

    patch.setattr(admitting, "_receipt", none)
    patch.setattr("concordat.streams.service.admit_stage", broken)


def repeat_the_input(patch: pytest.MonkeyPatch) -> None:
    """Say in the receipt what it was that could not be read."""
    receipt = admitting._receipt

    def broken(record: Record, agency: str, refused: InvalidEvent, topics: Any) -> Output:
        text = (record.value or b"").decode("utf-8", "replace")[:500]
        fault = Fault(FaultCode.WRONG_VALUE, "", f"cannot be {text}")
        return receipt(record, agency, InvalidEvent((*refused.faults, fault)), topics)

    patch.setattr(admitting, "_receipt", broken)


def take_the_last_of_two_keys(patch: pytest.MonkeyPatch) -> None:
    """Accept an object that has one key twice, as most parsers do."""
    parse = parsing.parse_json

    def broken(value: bytes | None, most: int) -> tuple[Any, list[Fault]]:
        return parse(value, most)[0], []

    patch.setattr(envelope, "parse_json", broken)


def pass_received_bytes_on(patch: pytest.MonkeyPatch) -> None:
    """Write to `incidents` what was received, once it has been found valid."""
    admit = admitting._admit

    def broken(record: Record, book: Any, topics: Any) -> Output:
        output = admit(record, book, topics)
        if output.topic == topics.incidents:
            return output._replace(value=record.value or b"", content_type=CONTENT_TYPE)
        return output

    patch.setattr(admitting, "_admit", broken)


BAR = Bar(
    "poison",
    ("P7", "P9"),
    run,
    60,
    {
        "skip-what-fails": skip_what_fails,
        "repeat-the-input": repeat_the_input,
        "take-the-last-of-two-keys": take_the_last_of_two_keys,
        "pass-received-bytes-on": pass_received_bytes_on,
    },
)
