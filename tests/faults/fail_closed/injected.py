"""Faults inside a stage: the n-th call of its loop raises, before or after it is done.

Calls are counted from the batch that a loop takes once it is armed, until its next question for
one, so that every call of a whole turn can be named.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, cast

from confluent_kafka import KafkaError, KafkaException

from concordat.runtime.clock import system_clock
from concordat.runtime.errors import RegisterUnavailable
from concordat.runtime.settings import Settings
from concordat.streams.loop import LoopParts, StageLoop
from stage_thread import StageThread

When = Literal["before", "after"]
WHEN: tuple[When, ...] = ("before", "after")

WATCHED = {
    "consumer": ("consume", "commit", "pause", "resume", "assignment", "committed"),
    "producer": ("produce", "flush"),
    "register": ("get_watermark_offsets", "consume"),
    "identity": ("is_same",),
    "sources": ("places", "check"),
    "topics": ("describe_topics", "list_topics"),
}


class Injected(Exception):
    """Something the stage has never heard of."""


def _timed_out() -> Exception:
    return KafkaException(KafkaError(KafkaError._TIMED_OUT))


ERRORS: dict[str, Callable[[], Exception]] = {
    "unheard-of": Injected,
    "kafka": _timed_out,
    "system": lambda: OSError("injected"),
    "register": lambda: RegisterUnavailable("injected"),
}


@dataclass(frozen=True)
class Place:
    """The `nth` call of `name` from the batch on; before it or after it is done."""

    name: str
    nth: int
    when: When
    error: str = "unheard-of"

    def __str__(self) -> str:
        return f"{self.error} {self.when} call {self.nth} of {self.name}"


@dataclass
class Injector:
    """What is wrong with a stage at the moment, and what it has called."""

    place: Place | None = None
    fired: bool = False
    calls: list[str] = field(default_factory=list)
    counting: bool = False
    behind: timedelta = timedelta()
    slow: bool = False
    unaskable: bool = False
    from_start: bool = False
    before_raising: Callable[[], None] = lambda: None

    def arm(
        self,
        place: Place | None,
        before_raising: Callable[[], None],
        *,
        from_start: bool = False,
    ) -> None:
        """Count from the next batch, or from the stage's first call, and raise at `place`."""
        self.calls, self.fired, self.counting = [], False, True
        self.before_raising, self.place, self.from_start = before_raising, place, from_start

    def clock(self) -> datetime:
        """The time, as a stage with a wrong clock sees it."""
        return system_clock() - self.behind

    def call(self, name: str, function: Callable[..., Any], *given: Any, **named: Any) -> Any:
        """Do it, or what is wrong with it."""
        if name == "register.consume" and self.slow:
            time.sleep(0.3)
            return []
        if name == "register.get_watermark_offsets" and self.unaskable:
            raise _timed_out()
        if self.counting and (self.calls or self.from_start):
            self._raise_at(name, self.calls.count(name) + 1, "before")
        result = function(*given, **named)
        # Asked again: it may have been armed while the stage waited for its batch.
        begun = self.calls or self.from_start or (name == "consumer.consume" and result)
        if self.counting and begun:
            self.calls.append(name)
            self._raise_at(name, self.calls.count(name), "after")
        return result

    def _raise_at(self, name: str, nth: int, when: When) -> None:
        place = self.place
        if place is None or self.fired or (place.name, place.nth, place.when) != (name, nth, when):
            return
        self.fired, self.counting = True, False
        self.before_raising()
        raise ERRORS[place.error]()


class Watched:
    """Another object, some of whose methods go through an injector."""

    def __init__(self, inner: Any, names: tuple[str, ...], injector: Injector, label: str) -> None:
        self._inner, self._names = inner, names
        self._injector, self._label = injector, label

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if name not in self._names:
            return found
        label = f"{self._label}.{name}"
        return lambda *given, **named: self._injector.call(label, found, *given, **named)


class FaultyStage(StageThread):
    """A stage as in production, in a thread, whose every call goes through an injector."""

    def __init__(self, name: str, settings: Settings, injector: Injector, patience: float) -> None:
        super().__init__(name, settings, clock=injector.clock, patience=patience)
        self.parts = watched(self.parts, injector)
        self._loop = StageLoop(self.parts)


def watched(parts: LoopParts, injector: Injector) -> LoopParts:
    """The same parts, watched."""
    names = WATCHED["register"]
    feed = cast("Any", parts.feed)
    feed._reader = Watched(feed._reader, names, injector, "register")
    feed._identity = Watched(feed._identity, WATCHED["identity"], injector, "identity")
    _watch_asker(feed, injector)
    sources = cast("Any", parts.sources)
    _ask_always(sources)
    _watch_places(sources, injector)
    sources._admin = Watched(sources._admin, WATCHED["topics"], injector, "topics")
    stage, clock = parts.stage, parts.clock
    return replace(
        parts,
        consumer=cast("Any", Watched(parts.consumer, WATCHED["consumer"], injector, "consumer")),
        producer=cast("Any", Watched(parts.producer, WATCHED["producer"], injector, "producer")),
        sources=cast("Any", Watched(sources, WATCHED["sources"], injector, "sources")),
        stage=lambda *given: injector.call("stage", stage, *given),
        clock=lambda: cast("datetime", injector.call("clock", clock)),
    )


def _ask_always(sources: Any) -> None:
    """Which topics they are is asked in every turn, not every few seconds."""
    check = sources.check

    def check_now() -> None:
        sources._asked = float("-inf")
        check()

    sources.check = check_now


def _watch_places(sources: Any, injector: Injector) -> None:
    """The client hands its callback the consumer itself."""
    places = sources.places
    sources.places = lambda consumer, partitions: places(
        Watched(consumer, WATCHED["consumer"], injector, "consumer"), partitions
    )


def _watch_asker(feed: Any, injector: Injector) -> None:
    """Watch the handle that asks for the register's end, and each that is made in its place."""
    renew = feed._ask_anew

    def watch() -> None:
        if not isinstance(feed._asker, Watched):
            feed._asker = Watched(feed._asker, WATCHED["register"], injector, "register")

    def renew_and_watch(code: str) -> None:
        renew(code)
        watch()

    feed._ask_anew = renew_and_watch
    watch()


def places_of(calls: list[str]) -> Iterator[Place]:
    """Each call of a turn, before and after it; its first is the batch, which is only after."""
    for number, name in enumerate(calls):
        nth = calls[: number + 1].count(name)
        for when in WHEN:
            if number or when == "after":
                yield Place(name, nth, when)
