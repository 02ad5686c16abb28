"""Rounds of a stage in which something is wrong: a call raises, or a clock, or the register."""

import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

from concordat.runtime.errors import ConcordatError, RegisterUnavailable
from concordat.streams.loop import LEAVE_AFTER_SECONDS
from exchange_on_kafka import KafkaExchange, event
from faults.fail_closed.injected import ERRORS, WHEN, FaultyStage, Injector, Place, places_of
from faults.fail_closed.written_register import WrittenRegister
from waiting import until

EACH = 3
ENDS_SECONDS, SAYS_SECONDS = 120.0, 20.0


@dataclass
class Published:
    """Events of the police by number; `suspended` came after a suspension was acknowledged."""

    exchange: KafkaExchange
    all: set[str] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)

    def publish(self, stage: str, count: int = EACH, *, suspended: bool = False) -> set[str]:
        """Write events where `stage` takes them from; return their ids."""
        fresh = [self.write_next() for _ in range(count)]
        ids = {id_ for id_, _ in fresh}
        if suspended:
            self.suspended |= ids
        write = self.exchange.publish if stage == "admit" else self.exchange.admit_directly
        write(content for _, content in fresh)
        return ids

    def write_next(self) -> tuple[str, bytes]:
        """The next event, by its id and as it is written, for a caller who publishes it."""
        number = len(self.all)
        id_ = f"police-{number:08d}"
        self.all.add(id_)
        return id_, event(number)


@dataclass
class Tally:
    """What was done to a stage and what it did."""

    faults: Counter[str] = field(default_factory=Counter)
    places: set[str] = field(default_factory=set)
    outcomes: Counter[str] = field(default_factory=Counter)
    events: int = 0
    silent: list[str] = field(default_factory=list)
    written_meanwhile: int = 0


@dataclass
class FaultyRounds:
    """Rounds on one stage; every round suspends at the worst moment and resumes at the end."""

    name: str
    exchange: KafkaExchange
    register: WrittenRegister
    published: Published
    tally: Tally = field(default_factory=Tally)

    def turn(self) -> list[str]:
        """What the stage calls in one turn on a batch."""
        with self._stage(Injector()) as (stage, injector):
            stage.until_ready()
            self.exchange.until_drained(self.name)
            injector.arm(None, lambda: None)
            self.published.publish(self.name)
            self.exchange.until_drained(self.name)
            until(lambda: _whole_turn(injector.calls), "the stage has asked again", ENDS_SECONDS)
        calls = injector.calls
        return calls[: calls.index("consumer.commit") + 2]

    def places(self) -> list[Place]:
        """Every call of a turn, before and after, with every kind of error."""
        return [replace(place, error=error) for place in places_of(self.turn()) for error in ERRORS]

    def places_at_start(self) -> list[Place]:
        """What is asked when a stage is given partitions, with every kind of error."""
        asked = ("sources.places", "topics.describe_topics", "consumer.committed")
        places = [Place(name, 1, when) for name in asked for when in WHEN]
        return [replace(place, error=error) for place in places for error in ERRORS]

    def call_raises(self, place: Place) -> None:
        """One call raises; a suspension is acknowledged just before."""
        with self._stage(Injector()) as (stage, injector):
            stage.until_ready()
            self.exchange.until_drained(self.name)
            injector.arm(place, self.register.suspend)
            self.published.publish(self.name)
            self._raises(stage, injector, place)
        self._drain()
        self.register.resume()

    def start_raises(self, place: Place) -> None:
        """One call raises while a stage is given its partitions, with a batch before it."""
        self.published.publish(self.name)
        injector = Injector()
        injector.arm(place, self.register.suspend, from_start=True)
        with self._stage(injector) as (stage, _):
            self._raises(stage, injector, place)
        self._drain()
        self.register.resume()

    def _raises(self, stage: FaultyStage, injector: Injector, place: Place) -> None:
        until(lambda: injector.fired, f"{self.name}: {place}", ENDS_SECONDS)
        self.published.publish(self.name, suspended=self._decides)
        self._until_it_has_reacted(stage)
        self._note(stage, place)

    def is_wrong(self, kind: str, reason: str, begin: Callable[[Injector], None]) -> None:
        """Something stays wrong while events arrive; then it is right again."""
        with self._stage(Injector()) as (stage, injector):
            stage.until_ready()
            self.exchange.until_drained(self.name)
            begin(injector)
            self.register.suspend()
            before = self.exchange.written(self._output)
            self.published.publish(self.name, suspended=self._decides)
            if not self._says(stage, reason):
                self.tally.silent.append(f"{self.name} does not say that {reason}")
            time.sleep(1.0)
            self.tally.written_meanwhile += self.exchange.written(self._output) - before
            injector.behind, injector.slow, injector.unaskable = timedelta(), False, False
            stage.until_ready()
            self.exchange.until_drained(self.name)
            self.tally.faults[kind] += 1
            self.tally.events += EACH
            self.tally.outcomes["paused and went on"] += 1
        self.register.resume()

    def stays_wrong(self, begin: Callable[[Injector], None]) -> None:
        """Something stays wrong for longer than the stage has patience: it must leave."""
        with self._stage(Injector(), patience=1) as (stage, injector):
            stage.until_ready()
            begin(injector)
            self.register.suspend()  # news: else there is nothing to read slowly
            self.published.publish(self.name, suspended=self._decides)
            deadline = time.monotonic() + SAYS_SECONDS
            while stage.is_running and time.monotonic() < deadline:
                time.sleep(0.05)
            self.tally.faults["lasting"] += 1
            if isinstance(stage.error, RegisterUnavailable):
                self.tally.outcomes["left with its code"] += 1
            else:
                self.tally.silent.append(f"{self.name} stays although something is wrong for long")
        self._drain()
        self.register.resume()

    def _says(self, stage: FaultyStage, reason: str) -> bool:
        deadline = time.monotonic() + SAYS_SECONDS
        while stage.health.reason != reason and time.monotonic() < deadline:
            time.sleep(0.02)
        return stage.health.reason == reason

    @property
    def _decides(self) -> bool:
        return self.name == "route"

    @property
    def _output(self) -> str:
        topics = self.exchange.topics
        return topics.routed if self._decides else topics.incidents

    def _until_it_has_reacted(self, stage: FaultyStage) -> None:
        until(
            lambda: not stage.is_running or self.exchange.behind(self.name) == 0,
            f"{self.name} has left or gone on",
            ENDS_SECONDS,
        )

    def _note(self, stage: FaultyStage, place: Place) -> None:
        self.tally.faults[place.error] += 1
        self.tally.places.add(f"{self.name} {place.when} {place.nth} {place.name}")
        self.tally.events += 2 * EACH
        if stage.error is not None:
            known = isinstance(stage.error, ConcordatError)
            self.tally.outcomes["left with its code" if known else "left"] += 1
            if stage.health.ready:
                self.tally.silent.append(f"{self.name} left and says it works: {place}")
        elif place.error == "unheard-of":
            self.tally.silent.append(f"{self.name} went on after {place}")
        else:
            self.tally.outcomes["went on"] += 1

    def _drain(self) -> None:
        with self._stage(Injector()) as (stage, _):
            stage.until_ready()
            self.exchange.until_drained(self.name, seconds=ENDS_SECONDS)

    def _stage(self, injector: Injector, patience: float = LEAVE_AFTER_SECONDS) -> "_Open":
        return _Open(FaultyStage(self.name, self.exchange.settings(), injector, patience), injector)


@dataclass
class _Open:
    stage: FaultyStage
    injector: Injector

    def __enter__(self) -> tuple[FaultyStage, Injector]:
        self.stage.__enter__()
        return self.stage, self.injector

    def __exit__(self, *_: object) -> None:
        self.stage.stop()


def _whole_turn(calls: list[str]) -> bool:
    return "consumer.commit" in calls and calls.index("consumer.commit") + 2 <= len(calls)


def lasting_faults() -> Iterator[tuple[str, str, Callable[[Injector], None]]]:
    """What may stay wrong: its name, what the stage must say, and how it begins."""

    def clock(injector: Injector) -> None:
        injector.behind = timedelta(hours=1)

    def slow(injector: Injector) -> None:
        injector.slow = True

    def unaskable(injector: Injector) -> None:
        injector.unaskable = True

    yield "clock-back", "the clock is behind the newest log time", clock
    yield "slow-register", "the register could not be read to its end in time", slow
    yield "unaskable-register", "the register's end cannot be asked", unaskable
